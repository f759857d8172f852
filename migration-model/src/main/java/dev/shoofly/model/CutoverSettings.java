package dev.shoofly.model;

import java.time.Duration;
import java.util.Objects;

/**
 * The budget of the cut-over.
 *
 * @param lockTimeout longest wait for the exclusive lock in one attempt
 * @param drainTimeout longest time the lock is held while the last changes arrive
 * @param drainKeys most keys that are reconciled under the lock
 * @param retries attempts before the migration is handed back to the operator
 * @param rollbackWindow for how long after the swap the old table is kept up to date, so that it can be swapped back; zero, or
 *     null as in settings saved before there was one: not at all
 */
public record CutoverSettings(
        CutoverMode mode,
        Duration lockTimeout,
        Duration drainTimeout,
        int drainKeys,
        int retries,
        Duration rollbackWindow) {
    public static final CutoverSettings DEFAULT =
            new CutoverSettings(CutoverMode.AUTO, Duration.ofSeconds(1), Duration.ofMillis(500), 2_000, 60);

    public CutoverSettings {
        rollbackWindow = Objects.requireNonNullElse(rollbackWindow, Duration.ZERO);
    }

    /** Without a way back. */
    public CutoverSettings(CutoverMode mode, Duration lockTimeout, Duration drainTimeout, int drainKeys, int retries) {
        this(mode, lockTimeout, drainTimeout, drainKeys, retries, Duration.ZERO);
    }

    /** The same with this window. */
    public CutoverSettings withRollbackWindow(Duration window) {
        return new CutoverSettings(mode, lockTimeout, drainTimeout, drainKeys, retries, window);
    }
}
