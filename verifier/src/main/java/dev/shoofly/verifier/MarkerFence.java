package dev.shoofly.verifier;

import dev.shoofly.database.control.ControlTables;
import dev.shoofly.database.throttle.Throttle;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.ShooflyException;
import java.time.Duration;

/**
 * Waits until everything that was committed at the source before a moment is in the shadow. Any thread; several at a
 * time.
 */
public final class MarkerFence {
    private static final int FIRST_PAUSE_MILLIS = 2;
    private static final int LONGEST_PAUSE_MILLIS = 20;
    private final Markers markers;
    private final MigrationId id;
    private final Throttle pause;
    private final Runnable pipelineCheck;
    private final Runnable hurry;

    /**
     * @param pause holds everybody up while the migration is paused: the server is not asked then
     * @param pipelineCheck throws when capture or applier have failed: no marker would ever pass then
     */
    public MarkerFence(ControlTables control, MigrationId id, Throttle pause, Runnable pipelineCheck) {
        this(control, id, pause, pipelineCheck, () -> {});
    }

    /**
     * As above, where the appliers are within reach.
     *
     * @param hurry tells them that somebody waits for a marker; called again and again meanwhile, for it may not have come to them
     */
    public MarkerFence(ControlTables control, MigrationId id, Throttle pause, Runnable pipelineCheck, Runnable hurry) {
        this(Markers.of(control, id), id, pause, pipelineCheck, hurry);
    }

    MarkerFence(Markers markers, MigrationId id, Runnable pipelineCheck) {
        this(markers, id, Throttle.UNTHROTTLED, pipelineCheck, () -> {});
    }

    MarkerFence(Markers markers, MigrationId id, Throttle pause, Runnable pipelineCheck, Runnable hurry) {
        this.markers = markers;
        this.id = id;
        this.pause = pause;
        this.pipelineCheck = pipelineCheck;
        this.hurry = hurry;
    }

    /** Commits a marker and returns its number. */
    public long insert() {
        awaitResume();
        return markers.next();
    }

    /**
     * Commits a marker and waits until all partitions have applied what stands before it.
     *
     * @return its number
     * @throws ShooflyException as {@link #awaitPassed}
     */
    public long pass(Duration timeout) {
        long marker = insert();
        awaitPassed(marker, timeout);
        return marker;
    }

    /**
     * Waits until all partitions have applied what stands before the marker. The time of a pause does not count.
     *
     * @throws ShooflyException TRANSIENT when the time is up; what the pipeline check throws; SUPERSEDED, with the
     *     interrupt flag set, when interrupted
     */
    public void awaitPassed(long marker, Duration timeout) {
        long giveUpAt = System.nanoTime() + timeout.toNanos();
        int millis = FIRST_PAUSE_MILLIS;
        awaitResume();
        long passed = markers.passedByAll();
        while (passed < marker) {
            pipelineCheck.run();
            giveUpAt += awaitResume();
            if (System.nanoTime() - giveUpAt > 0) {
                throw new ShooflyException(
                        ErrorKind.TRANSIENT,
                        "marker " + marker + " of migration " + id + " was not applied by all partitions within "
                                + timeout.toMillis() + " ms; the slowest is at marker " + passed
                                + ". Capture or applier lag behind or stand still");
            }
            // Only asks them to begin: what has passed is still read from what they have committed.
            hurry.run();
            sleep(millis);
            millis = Math.min(millis * 2, LONGEST_PAUSE_MILLIS);
            passed = markers.passedByAll();
        }
    }

    /** @return nanoseconds waited */
    private long awaitResume() {
        long begun = System.nanoTime();
        try {
            pause.await();
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
        return System.nanoTime() - begun;
    }

    private void sleep(int millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private ShooflyException interrupted(InterruptedException cause) {
        Thread.currentThread().interrupt();
        return new ShooflyException(
                ErrorKind.SUPERSEDED, "waiting for a marker of migration " + id + " was interrupted", cause);
    }
}
