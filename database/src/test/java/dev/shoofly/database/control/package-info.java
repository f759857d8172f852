/** Tests of the control tables on both databases. */
@NullMarked
package dev.shoofly.database.control;

import org.jspecify.annotations.NullMarked;
