package dev.shoofly.cli.input;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** Every value that an option or a line of the YAML file can give. The key is the option's name without its dashes. */
public enum Setting {
    URL,
    USER,
    PASSWORD_ENV,
    PASSWORD_FILE,
    TABLE,
    /** May be given several times. */
    ALTER,
    /** May be given several times. */
    TRANSFORM,
    /** May be given several times. */
    REVERSE,
    STRATEGY,
    SPLIT,
    CUTOVER,
    DETACH,
    LOCK_TIMEOUT,
    DRAIN_TIMEOUT,
    DRAIN_KEYS,
    CUTOVER_RETRIES,
    ROLLBACK_WINDOW,
    CUTOVER_WINDOW,
    POSTPONE_CUTOVER_FILE,
    FORCE,
    MAX_STALL,
    KILL_BLOCKERS,
    BLOCKER_PATIENCE,
    RETAIN_OLD,
    /** May be given several times. */
    AUTO_ROLLBACK,
    AUTO_ROLLBACK_QUERY,
    AUTO_ROLLBACK_HTTP,
    PARTITIONS,
    CHUNK_ROWS,
    ON_DUPLICATES,
    DEFER_INDEXES,
    REPAIR,
    REPAIR_LIMIT,
    MISMATCH_PAYLOAD,
    /** May be given several times. */
    MAX_LAG,
    /** May be given several times. */
    REPLICA,
    MAX_LOAD,
    CRITICAL_LOAD,
    CRITICAL_ACTION,
    MAX_COMMIT_LATENCY,
    MAX_WAL,
    MAX_CHECKPOINTS,
    MAX_TRANSACTION_AGE,
    MAX_BLOAT,
    MAX_HISTORY,
    THROTTLE_QUERY,
    THROTTLE_HTTP,
    /** May be given several times. */
    THROTTLE_FLAG_FILE,
    THROTTLE_IO,
    COPY_THREADS,
    CHUNK_TIME,
    DISK_RESERVE,
    DISK_QUERY,
    APPLIER_THREADS,
    SHARED_SWEEP_ROWS,
    SESSION_TIMEOUT,
    ROLES,
    BOOTSTRAP_SERVERS,
    DATA_DIR,
    METRICS_PORT,
    API_PORT,
    API_TOKEN_FILE,
    WEBHOOK;

    /** Whether a file may give a list. */
    boolean takesSeveral() {
        return switch (this) {
            case ALTER, TRANSFORM, REVERSE, AUTO_ROLLBACK, MAX_LAG, REPLICA, THROTTLE_FLAG_FILE -> true;
            default -> false;
        };
    }

    public String key() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** As people write it: {@code --lock-timeout}. */
    public String option() {
        return "--" + key();
    }

    static Optional<Setting> ofKey(String key) {
        return Arrays.stream(values())
                .filter(setting -> setting.key().equals(key))
                .findFirst();
    }
}
