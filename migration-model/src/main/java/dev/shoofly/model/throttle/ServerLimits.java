package dev.shoofly.model.throttle;

import java.util.List;
import java.util.Objects;

/**
 * How far the server's own housekeeping may fall behind. 0 of any: not watched; null of any: its default. The first four
 * are PostgreSQL's, the last is MySQL's.
 *
 * @param maxRetainedWal bytes of log that the migration's slot keeps; the lower one of this and half of
 *     {@code max_slot_wal_keep_size} counts
 * @param maxCheckpoints per minute that were forced by the amount of log written
 * @param maxTransactionAge of the oldest unfrozen transaction id of any database
 * @param maxBloat dead rows of the shadow, per cent of its living rows
 * @param maxHistory InnoDB's history list length: undo logs that are not purged yet
 */
public record ServerLimits(
        Long maxRetainedWal, Integer maxCheckpoints, Long maxTransactionAge, Integer maxBloat, Long maxHistory) {
    public static final long DEFAULT_RETAINED_WAL = 16L << 30;
    /** Autovacuum drops everything else at 1.6 billion; the server stops at 2.1. */
    public static final long DEFAULT_TRANSACTION_AGE = 1_500_000_000;

    public static final long DEFAULT_HISTORY = 1_000_000;
    public static final ServerLimits DEFAULT =
            new ServerLimits(DEFAULT_RETAINED_WAL, 0, DEFAULT_TRANSACTION_AGE, 0, DEFAULT_HISTORY);

    public ServerLimits {
        maxRetainedWal = Objects.requireNonNullElse(maxRetainedWal, DEFAULT_RETAINED_WAL);
        maxCheckpoints = Objects.requireNonNullElse(maxCheckpoints, 0);
        maxTransactionAge = Objects.requireNonNullElse(maxTransactionAge, DEFAULT_TRANSACTION_AGE);
        maxBloat = Objects.requireNonNullElse(maxBloat, 0);
        maxHistory = Objects.requireNonNullElse(maxHistory, DEFAULT_HISTORY);
    }

    void check(List<String> problems) {
        if (maxRetainedWal != 0) {
            Ranges.check(problems, "max-wal", maxRetainedWal, 1L << 20, 1L << 50);
        }
        Ranges.check(problems, "max-checkpoints", maxCheckpoints, 0, 1_000);
        if (maxTransactionAge != 0) {
            Ranges.check(problems, "max-transaction-age", maxTransactionAge, 1_000_000, 2_100_000_000);
        }
        Ranges.check(problems, "max-bloat", maxBloat, 0, 1_000);
        if (maxHistory != 0) {
            Ranges.check(problems, "max-history", maxHistory, 1, 1_000_000_000_000L);
        }
    }
}
