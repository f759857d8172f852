/**
 * Whether a migration has the disk space that it needs, on the server and under the broker that runs beside it. Leaves to its
 * callers when to look and what to do about a shortage. No thread of its own.
 */
@NullMarked
package dev.shoofly.coordinator.disk;

import org.jspecify.annotations.NullMarked;
