/** Tests of how servers are reached. */
@NullMarked
package dev.shoofly.database.connection;

import org.jspecify.annotations.NullMarked;
