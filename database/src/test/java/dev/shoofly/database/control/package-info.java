/** Tests of the control tables on both servers. */
@NullMarked
package dev.shoofly.database.control;

import org.jspecify.annotations.NullMarked;
