package dev.shoofly.model;

import java.time.Duration;

/**
 * The budget of the cut-over.
 *
 * @param lockTimeout longest wait for the exclusive lock in one attempt
 * @param drainTimeout longest time the lock is held while the last changes arrive
 * @param drainKeys most keys that are reconciled under the lock
 * @param retries attempts before the migration is handed back to the operator
 */
public record CutoverSettings(
        CutoverMode mode, Duration lockTimeout, Duration drainTimeout, int drainKeys, int retries) {
    public static final CutoverSettings DEFAULT =
            new CutoverSettings(CutoverMode.AUTO, Duration.ofSeconds(1), Duration.ofMillis(500), 2_000, 60);
}
