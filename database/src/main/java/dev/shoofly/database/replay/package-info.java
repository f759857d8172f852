/**
 * Reads of applications, run on both tables of a migration in one snapshot: whether one may be run at all, what it answers, and
 * whether two answers are the same. Owns no decision about rows on their way, which is its caller's. Runs on its caller's
 * thread.
 */
@NullMarked
package dev.shoofly.database.replay;

import org.jspecify.annotations.NullMarked;
