/**
 * The proof that both sides are equal: compares them range by range, settles every suspect with two markers and the
 * changes topic, and reports what is certain to differ. Owns the decision; leaves the reading of rows to {@code Comparer}
 * and their correction to the applier. Runs on its caller's thread and starts none.
 */
@NullMarked
package dev.shoofly.verifier;

import org.jspecify.annotations.NullMarked;
