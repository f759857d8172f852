package dev.shoofly.database.throttle;

import java.util.Locale;

/** What can slow a migration down. Names are persisted and are the closed set of a metric's tags. */
public enum SignalKind {
    REPLICA_LAG,
    MAX_LOAD,
    CRITICAL_LOAD,
    COMMIT_LATENCY,
    RETAINED_WAL,
    CHECKPOINTS,
    TRANSACTION_AGE,
    BLOAT,
    HISTORY,
    QUERY,
    ENDPOINT,
    FLAG_FILE,
    /** The server, or whoever else is asked, takes too long to answer. */
    SILENCE;

    /** {@code replica_lag}. */
    public String tag() {
        return name().toLowerCase(Locale.ROOT);
    }
}
