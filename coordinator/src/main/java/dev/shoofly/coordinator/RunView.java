package dev.shoofly.coordinator;

import dev.shoofly.database.control.Migration;
import dev.shoofly.database.control.ThrottleState;
import dev.shoofly.database.control.TopicUse;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The numbers of a run that displays and gauges read. Written by the run's threads, read by any. */
final class RunView {
    private final Migration migration;
    private final Lifecycle lifecycle;
    private final long begun = System.nanoTime();
    private volatile String activity = "";
    private volatile boolean indexing;
    private volatile long rowsCopied;
    private volatile long rowsTotal;
    private volatile long rowsVerified;
    private volatile long mismatches;
    private volatile long keysApplied;
    private volatile long lagMillis = -1;
    private volatile ApplyView apply = ApplyView.UNKNOWN;
    private volatile ThrottleState throttle = ThrottleState.UNKNOWN;
    private volatile int cutoverAttempts;
    private volatile long lockedMillis;
    private volatile long misfits;
    private volatile double rowsPerSecond;
    private volatile @Nullable String failure;
    private volatile @Nullable String waiting;

    RunView(Migration migration, Lifecycle lifecycle) {
        this.migration = migration;
        this.lifecycle = lifecycle;
        this.rowsCopied = migration.rowsCopied();
        this.rowsTotal = migration.rowsTotal();
        this.rowsVerified = migration.rowsVerified();
        this.keysApplied = migration.keysApplied();
        this.lockedMillis = migration.lockedMillis();
    }

    String activity() {
        return activity;
    }

    /** Whether indexes are being built now, which takes and frees disk space at a pace that no estimate follows. */
    void indexing(boolean now) {
        indexing = now;
    }

    boolean isIndexing() {
        return indexing;
    }

    void activity(String words) {
        activity = words;
    }

    void copied(long rows, long total, double perSecond) {
        rowsCopied = rows;
        rowsTotal = Math.max(total, rows);
        rowsPerSecond = perSecond;
    }

    long rowsTotal() {
        return rowsTotal;
    }

    void verified(long rows, long found) {
        rowsVerified = rows;
        mismatches = found;
    }

    void applied(long keys, long lag) {
        keysApplied = Math.max(keysApplied, keys);
        lagMillis = lag;
    }

    synchronized void appliers(int instances, List<Integer> unclaimed) {
        apply = apply.withInstances(instances, unclaimed);
    }

    synchronized void topic(TopicUse use) {
        apply = apply.withTopic(use.backlog(), use.records(), use.bytes());
    }

    void throttle(ThrottleState now) {
        throttle = now;
    }

    void cutover(int attempts, long locked) {
        cutoverAttempts = attempts;
        lockedMillis = locked;
    }

    /** @param rows of the new table that the old one does not take */
    void misfits(long rows) {
        misfits = rows;
    }

    /** @param why null: no more */
    void failed(@Nullable String why) {
        failure = why;
    }

    /** @param what the server keeps everybody waiting for; null: nothing */
    void waiting(@Nullable String what) {
        waiting = what;
    }

    MigrationSnapshot snapshot() {
        String why = failure;
        String wait = waiting;
        // Once: state and reason of two moments would contradict each other.
        Lifecycle.Position position = lifecycle.position();
        return new MigrationSnapshot(
                migration.id(),
                migration.source(),
                migration.strategy(),
                position.state(),
                activity,
                why != null ? why : position.reason() == null ? wait : position.reason(),
                Duration.ofNanos(System.nanoTime() - begun),
                rowsCopied,
                rowsTotal,
                rowsPerSecond,
                rowsVerified,
                mismatches,
                keysApplied,
                lagMillis,
                cutoverAttempts,
                lockedMillis,
                misfits,
                apply,
                throttle);
    }
}
