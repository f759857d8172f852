/** Tests of what the dialects share. */
@NullMarked
package dev.shoofly.database;

import org.jspecify.annotations.NullMarked;
