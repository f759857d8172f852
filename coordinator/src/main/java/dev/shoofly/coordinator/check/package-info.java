/**
 * The comparison on demand, from any process: what differs between a migration's two tables now, and what stands between it
 * and its swap. Leaves the running of the migration to whoever owns it. Runs on its caller's thread.
 */
@NullMarked
package dev.shoofly.coordinator.check;

import org.jspecify.annotations.NullMarked;
