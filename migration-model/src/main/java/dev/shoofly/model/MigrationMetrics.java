package dev.shoofly.model;

import java.time.Duration;

/** What the stages report. Only the composition root knows the registry behind it. Any thread. */
public interface MigrationMetrics {
    MigrationMetrics NONE = new MigrationMetrics() {
        @Override
        public void count(Counter counter, long amount) {}

        @Override
        public void time(Timer timer, Duration duration) {}
    };

    void count(Counter counter, long amount);

    void time(Timer timer, Duration duration);

    /** Totals since the process started. */
    enum Counter {
        /** Dirty keys written to the changes topic by the capture. */
        KEYS_CAPTURED,
        /** Keys whose reconcile committed, after deduplication. */
        KEYS_APPLIED,
        /** Reconcile attempts that were rolled back and tried again. */
        APPLY_RETRIES,
        /** Shadow rows deleted to make room for a unique value that moved. */
        CONFLICTS_CLEARED,
        /** Transactions of copy and apply rolled back because another shadow row held a unique value. */
        CONFLICT_ROUNDS,
        /** Deadlocks whose victim was a transaction of copy or apply. */
        DEADLOCKS,
        /** Lock waits of copy and apply that took longer than their sessions wait. */
        LOCK_WAITS,
        ROWS_COPIED,
        /** Keys that a sweep found without a source row. */
        KEYS_SWEPT,
        COPY_RETRIES,
        ROWS_VERIFIED,
        MISMATCHES,
        /** Rows that differed, were written anew from the source and were found equal then. */
        ROWS_REPAIRED,
        CUTOVER_ATTEMPTS,
        RECONNECTS
    }

    /** Durations. */
    enum Timer {
        APPLY_BATCH,
        COPY_CHUNK,
        VERIFY_CHUNK,
        /** From the first lock request of a successful cut-over to the release of the locks. */
        CUTOVER_LOCKED
    }
}
