package dev.shoofly.coordinator.check;

import dev.shoofly.database.control.ControlTables;
import dev.shoofly.database.control.Migration;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.ShooflyException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Whether the markers of a migration that another process runs get through: capture, topic and every applier have to be at
 * work for that. One thread.
 */
final class Delivery {
    private static final Duration LOOK_EVERY = Duration.ofMillis(500);
    private static final long GLANCE_MILLIS = 10;

    private final ControlTables control;
    private final MigrationId id;
    private final Duration patience;
    private long nextLook = System.nanoTime();
    private long passed = -1;
    private long passedAt = System.nanoTime();

    /** @param patience for how long no marker may pass before that counts as a standstill */
    Delivery(ControlTables control, MigrationId id, Duration patience) {
        this.control = control;
        this.id = id;
        this.patience = patience;
    }

    /** Why no marker is going to pass, as far as that is known without writing one; empty: there is hope. */
    static Optional<String> standsStill(Migration migration, boolean running) {
        if (!running) {
            return Optional.of(
                    "no process runs the migration, so nobody applies changes; 'resume " + migration.id() + "' does");
        }
        return switch (migration.state()) {
            case PAUSED ->
                Optional.of("the migration is paused, so nobody applies changes; 'resume " + migration.id()
                        + "' ends that");
            case FAILED -> Optional.of("the migration has failed, so nobody applies changes");
            case CREATED,
                    PLANNING,
                    PREPARING,
                    COPYING,
                    SYNCHRONIZING,
                    VALIDATING,
                    READY,
                    CUTOVER,
                    COMPLETED,
                    ROLLED_BACK,
                    CANCELLED -> Optional.empty();
        };
    }

    /**
     * Asked often by whoever waits for a marker.
     *
     * @throws ShooflyException REFUSED when it waits in vain
     */
    void check() {
        long now = System.nanoTime();
        if (now < nextLook) {
            return;
        }
        nextLook = now + LOOK_EVERY.toNanos();
        Migration migration = control.migrations().find(id).orElseThrow(() -> vain("the migration is gone"));
        standsStill(migration, true).ifPresent(why -> {
            throw vain(why);
        });
        long found = control.progress().markerPassedByAll(id);
        if (found > passed) {
            passed = found;
            passedAt = now;
        } else if (now - passedAt > patience.toNanos()) {
            throw vain("no marker has passed all partitions for " + patience.toSeconds() + " s, the last one was "
                    + passed + ": capture or appliers stand still");
        }
    }

    private static ShooflyException vain(String why) {
        return new ShooflyException(ErrorKind.REFUSED, why);
    }

    /**
     * Commits a marker and waits for it.
     *
     * @return how long it took; empty: longer than the limit
     */
    Optional<Duration> probe(Duration limit) throws InterruptedException {
        long begun = System.nanoTime();
        long marker = control.markers().next(id);
        while (control.progress().markerPassedByAll(id) < marker) {
            if (System.nanoTime() - begun > limit.toNanos()) {
                return Optional.empty();
            }
            TimeUnit.MILLISECONDS.sleep(GLANCE_MILLIS);
        }
        return Optional.of(Duration.ofNanos(System.nanoTime() - begun));
    }
}
