package dev.shoofly.cli.metrics;

import dev.shoofly.model.MigrationMetrics;

/** Every metric's name, as Micrometer spells it; docs/metrics.md shows them as Prometheus does. */
final class MetricNames {
    static final String PHASE = "shoofly.phase";
    static final String PHASE_TAG = "state";
    static final String LAG = "shoofly.lag";
    static final String APPLIERS = "shoofly.appliers";
    static final String PARTITIONS_UNCLAIMED = "shoofly.partitions.unclaimed";
    static final String PARTITIONS_CLAIMED = "shoofly.partitions.claimed";
    static final String MIGRATIONS_SERVED = "shoofly.migrations.served";
    static final String TOPIC_BACKLOG = "shoofly.topic.backlog.records";
    static final String TOPIC_RECORDS = "shoofly.topic.retained.records";
    static final String TOPIC_SIZE = "shoofly.topic.retained";
    static final String COPY_ROWS_DONE = "shoofly.copy.rows.done";
    static final String COPY_ROWS_TOTAL = "shoofly.copy.rows.expected";
    static final String COPY_RATE = "shoofly.copy.rate";
    static final String THROTTLED = "shoofly.throttled";
    static final String THROTTLE_FRACTION = "shoofly.throttle.fraction";
    static final String THROTTLE_LOST = "shoofly.throttled.seconds";
    static final String THROTTLE_PRESSURE = "shoofly.throttle.pressure";
    static final String THROTTLE_TAG = "signal";
    static final String DISK_REQUIRED = "shoofly.disk.required";
    static final String DISK_AVAILABLE = "shoofly.disk.available";
    static final String CUTOVER_LOCKED = "shoofly.cutover.locked.last";
    static final String ROLLBACK_MISFITS = "shoofly.rollback.misfits";
    static final String MISMATCHES_OPEN = "shoofly.mismatches.open";

    private MetricNames() {}

    static String of(MigrationMetrics.Counter counter) {
        return switch (counter) {
            case KEYS_CAPTURED -> "shoofly.capture.keys";
            case KEYS_APPLIED -> "shoofly.apply.keys";
            case APPLY_RETRIES -> "shoofly.apply.retries";
            case CONFLICTS_CLEARED -> "shoofly.apply.conflicts.cleared";
            case CONFLICT_ROUNDS -> "shoofly.conflict.rounds";
            case DEADLOCKS -> "shoofly.deadlocks";
            case LOCK_WAITS -> "shoofly.lock.waits";
            case ROWS_COPIED -> "shoofly.copy.rows";
            case KEYS_SWEPT -> "shoofly.copy.keys.swept";
            case COPY_RETRIES -> "shoofly.copy.retries";
            case ROWS_VERIFIED -> "shoofly.verify.rows";
            case MISMATCHES -> "shoofly.verify.mismatches";
            case ROWS_REPAIRED -> "shoofly.verify.repaired";
            case CUTOVER_ATTEMPTS -> "shoofly.cutover.attempts";
            case RECONNECTS -> "shoofly.reconnects";
        };
    }

    static String of(MigrationMetrics.Timer timer) {
        return switch (timer) {
            case APPLY_BATCH -> "shoofly.apply.batch";
            case COPY_CHUNK -> "shoofly.copy.chunk";
            case VERIFY_CHUNK -> "shoofly.verify.chunk";
            case CUTOVER_LOCKED -> "shoofly.cutover.locked";
        };
    }
}
