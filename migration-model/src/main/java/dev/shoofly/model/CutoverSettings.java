package dev.shoofly.model;

import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The budget of the cut-over.
 *
 * @param lockTimeout longest wait for the exclusive lock in one attempt
 * @param drainTimeout longest time the lock is held while the last changes arrive
 * @param drainKeys most keys that are reconciled under the lock
 * @param retries attempts before the migration is handed back to the operator
 * @param rollbackWindow for how long after the swap the old table is kept up to date, so that it can be swapped back; zero, or
 *     null as in settings saved before there was one: not at all
 * @param maxStall longest time that one attempt makes the application's statements wait, from the request that holds them up to
 *     the release; null, as in settings saved before there was one, means the default
 * @param conditions when an attempt may begin; null, likewise, means the default
 * @param retainOld for how long the old table stays once the migration is complete; null: until somebody drops it
 * @param autoRollback when the old table is brought back by itself; null, as in settings saved before, means never
 */
public record CutoverSettings(
        CutoverMode mode,
        Duration lockTimeout,
        Duration drainTimeout,
        int drainKeys,
        int retries,
        Duration rollbackWindow,
        Duration maxStall,
        CutoverConditions conditions,
        @Nullable Duration retainOld,
        AutoRollback autoRollback) {
    public static final Duration DEFAULT_MAX_STALL = Duration.ofMillis(500);
    public static final CutoverSettings DEFAULT = new CutoverSettings(
            CutoverMode.AUTO,
            Duration.ofSeconds(1),
            Duration.ofMillis(500),
            2_000,
            60,
            Duration.ZERO,
            DEFAULT_MAX_STALL,
            CutoverConditions.DEFAULT,
            null,
            AutoRollback.NEVER);

    private static final Duration NO_HURRY = Duration.ofMinutes(1);

    public CutoverSettings {
        rollbackWindow = Objects.requireNonNullElse(rollbackWindow, Duration.ZERO);
        maxStall = Objects.requireNonNullElse(maxStall, DEFAULT_MAX_STALL);
        conditions = Objects.requireNonNullElse(conditions, CutoverConditions.DEFAULT);
        autoRollback = Objects.requireNonNullElse(autoRollback, AutoRollback.NEVER);
    }

    /** Without a way back, without conditions, and bounded by the two time-outs alone. */
    public CutoverSettings(CutoverMode mode, Duration lockTimeout, Duration drainTimeout, int drainKeys, int retries) {
        this(
                mode,
                lockTimeout,
                drainTimeout,
                drainKeys,
                retries,
                Duration.ZERO,
                NO_HURRY,
                CutoverConditions.DEFAULT,
                null,
                AutoRollback.NEVER);
    }

    /** The same with this window. */
    public CutoverSettings withRollbackWindow(Duration window) {
        return new CutoverSettings(
                mode,
                lockTimeout,
                drainTimeout,
                drainKeys,
                retries,
                window,
                maxStall,
                conditions,
                retainOld,
                autoRollback);
    }

    /** The same with this budget of an attempt. */
    public CutoverSettings withMaxStall(Duration longest) {
        return new CutoverSettings(
                mode,
                lockTimeout,
                drainTimeout,
                drainKeys,
                retries,
                rollbackWindow,
                longest,
                conditions,
                retainOld,
                autoRollback);
    }

    /** The same under these conditions. */
    public CutoverSettings withConditions(CutoverConditions chosen) {
        return new CutoverSettings(
                mode,
                lockTimeout,
                drainTimeout,
                drainKeys,
                retries,
                rollbackWindow,
                maxStall,
                chosen,
                retainOld,
                autoRollback);
    }

    /** The same, with the old table dropped so long after the migration is complete. */
    public CutoverSettings withRetainOld(Duration time) {
        return new CutoverSettings(
                mode,
                lockTimeout,
                drainTimeout,
                drainKeys,
                retries,
                rollbackWindow,
                maxStall,
                conditions,
                time,
                autoRollback);
    }

    /** The same, bringing the old table back by itself under these conditions. */
    public CutoverSettings withAutoRollback(AutoRollback chosen) {
        return new CutoverSettings(
                mode,
                lockTimeout,
                drainTimeout,
                drainKeys,
                retries,
                rollbackWindow,
                maxStall,
                conditions,
                retainOld,
                chosen);
    }
}
