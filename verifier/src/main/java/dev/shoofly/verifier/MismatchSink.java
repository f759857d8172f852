package dev.shoofly.verifier;

import dev.shoofly.model.RowKey;

/** Takes the verdicts of a pass; a later one on the same row replaces the earlier. Called by the pass's thread; each call may be repeated after a failure. */
@FunctionalInterface
public interface MismatchSink {

    /** Before a pass that starts at the table's beginning: what an earlier one reported is out of date. */
    default void begin() {}

    /** The row was {@link Classification#IN_FLIGHT} and is equal now. */
    default void withdraw(RowKey key) {}

    /** Returns when it is durable. */
    void report(Mismatch mismatch);
}
