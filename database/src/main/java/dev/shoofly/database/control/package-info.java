/**
 * The control tables in schema {@code shoofly}: the truth about every migration. Statements that belong to a stage's own
 * transaction take its connection. Any thread.
 */
@NullMarked
package dev.shoofly.database.control;

import org.jspecify.annotations.NullMarked;
