/**
 * What a table takes on the server's disk, and whether that disk can be seen from here. The dialects fill it in; what is too
 * much is decided elsewhere. Called by any thread.
 */
@NullMarked
package dev.shoofly.database.disk;

import org.jspecify.annotations.NullMarked;
