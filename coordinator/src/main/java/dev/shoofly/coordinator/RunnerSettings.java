package dev.shoofly.coordinator;

import dev.shoofly.model.DiskSettings;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * How this process runs migrations.
 *
 * @param owner {@code host:pid}, shown to others
 * @param dataDirectory for the applier's local state
 * @param applierThreads threads that reconcile; 0: appliers in other processes do it
 * @param sessionTimeout after this long without a sign of life an applier's partitions go to the others
 * @param markerInterval how often a marker measures the lag
 * @param detachWhenReady end with READY_DETACHED instead of waiting for a manual cut-over
 * @param disk what is to be otherwise than saved with the migration
 * @param sharedSweepRows tables with so many rows, by estimate, are compared by every process with that role
 * @param webhook to which events are posted; may hold a secret
 */
public record RunnerSettings(
        String owner,
        Path dataDirectory,
        int applierThreads,
        Duration sessionTimeout,
        Duration markerInterval,
        boolean detachWhenReady,
        DiskSettings.Change disk,
        long sharedSweepRows,
        Optional<URI> webhook) {
    /** Smaller ones are compared by one thread in the time in which a group forms. */
    public static final long SHARED_SWEEP_ROWS = 1_000_000;

    /** With the disk settings that are saved, or the default ones. */
    public RunnerSettings(
            String owner,
            Path dataDirectory,
            int applierThreads,
            Duration sessionTimeout,
            Duration markerInterval,
            boolean detachWhenReady) {
        this(
                owner,
                dataDirectory,
                applierThreads,
                sessionTimeout,
                markerInterval,
                detachWhenReady,
                DiskSettings.Change.NONE,
                SHARED_SWEEP_ROWS,
                Optional.empty());
    }

    /** The same, posting events there. */
    public RunnerSettings posting(Optional<URI> address) {
        return with(sharedSweepRows, address);
    }

    /** The same, sharing the sweep of tables from so many rows. */
    public RunnerSettings sharingSweepsFrom(long rows) {
        return with(rows, webhook);
    }

    private RunnerSettings with(long rows, Optional<URI> address) {
        return new RunnerSettings(
                owner,
                dataDirectory,
                applierThreads,
                sessionTimeout,
                markerInterval,
                detachWhenReady,
                disk,
                rows,
                address);
    }

    @Override
    public String toString() {
        return "RunnerSettings[" + owner + ", " + dataDirectory + "]";
    }
}
