package dev.shoofly.coordinator;

import dev.shoofly.applier.Applier;
import dev.shoofly.applier.ApplierSettings;
import dev.shoofly.applier.WriterLimits;
import dev.shoofly.backfill.DirtyKeyPublisher;
import dev.shoofly.capture.CaptureEngine;
import dev.shoofly.capture.CaptureSettings;
import dev.shoofly.capture.CaptureSettings.Start;
import dev.shoofly.database.Database;
import dev.shoofly.database.DatabaseKind;
import dev.shoofly.database.connection.Retry;
import dev.shoofly.database.control.ApplierRows;
import dev.shoofly.database.throttle.Pulse;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationMetrics;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.ShooflyException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.CommonClientConfigs;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Capture, applier and markers of one migration: started and stopped together, supervised by {@link #check}. The capture
 * is started anew after a lost connection; every other failure ends the run.
 */
final class Pipeline implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Pipeline.class);
    private static final Duration STREAMING_WITHIN = Duration.ofSeconds(120);
    private static final Duration FAR_BEHIND = Duration.ofSeconds(10);
    private static final Duration CAPTURE_DOWN_AT_MOST = Duration.ofMinutes(10);
    /** Longer than an applier takes to notice a pause, finish its batches and say so. */
    private static final Duration QUIET_WITHIN = Duration.ofSeconds(15);

    private final Database database;
    private final MigrationPlan plan;
    private final MigrationPlan captured;
    private final String bootstrapServers;
    private final MigrationMetrics metrics;
    private final FaultPoints faultPoints;
    private final @Nullable Applier applier;
    private final ApplyWatch appliers;
    private final DirtyKeyPublisher dirtyKeys;
    private final MarkerTicker ticker;
    private final long epoch;
    private final Object stops = new Object();
    private CaptureEngine capture;
    private Duration gathering = Gathering.SHORT;
    private CaptureUse captureUse = CaptureUse.RUNS;
    private volatile boolean started;
    private boolean paused;
    private boolean standing;
    private long captureDownSince;
    private long nextCaptureStart;

    /** What is wanted of the capture. */
    private enum CaptureUse {
        RUNS,
        STOPPED,
        /** To be started again, by the watching thread. */
        RETURNS
    }

    /**
     * @param plan of the rows that are written
     * @param captured the migration's own, in both directions: the capture follows the table's name across the swap
     * @param writers of the applier in this process
     */
    Pipeline(
            Database database,
            MigrationPlan plan,
            MigrationPlan captured,
            String bootstrapServers,
            RunnerSettings settings,
            MigrationMetrics metrics,
            FaultPoints faultPoints,
            long epoch,
            Pulse pulse,
            WriterLimits writers) {
        this.database = database;
        this.plan = plan;
        this.captured = captured;
        this.bootstrapServers = bootstrapServers;
        this.metrics = metrics;
        this.epoch = epoch;
        this.faultPoints = faultPoints;
        this.applier = settings.applierThreads() == 0 ? null : applier(settings, writers);
        this.appliers = new ApplyWatch(database.control(), plan, epoch, settings.owner(), applier);
        this.dirtyKeys =
                new DirtyKeyPublisher(Map.of(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers), plan);
        this.ticker = new MarkerTicker(database.control(), plan.id(), epoch, appliers, pulse);
        this.capture = engine(false);
    }

    private Applier applier(RunnerSettings settings, WriterLimits writers) {
        return new Applier(
                new ApplierSettings(
                        plan,
                        bootstrapServers,
                        settings.dataDirectory()
                                .resolve("streams")
                                .resolve(plan.id().value()),
                        Math.min(settings.applierThreads(), plan.partitions()),
                        ApplierSettings.DEFAULT_BATCH_KEYS,
                        settings.sessionTimeout(),
                        writers),
                database.reconciler(plan),
                database.control().progress(),
                metrics,
                faultPoints);
    }

    /** @param fresh whether the capture starts at the log's present end; otherwise it resumes where it stopped */
    void start(boolean fresh, Duration markerInterval) {
        if (!fresh) {
            requireUnbrokenLog();
            requireProgress();
        }
        if (Retry.OUTLAST_RESTART.call("looking whether appliers stand still", this::isHeld)) {
            // From before the start: whoever held them goes on with what they must not disturb.
            synchronized (stops) {
                standing = true;
                stopOrStart();
            }
        }
        if (applier != null) {
            // It joins its group, and takes over from one that was killed, while the capture starts.
            applier.start();
        }
        Retry.OUTLAST_RESTART.call("starting the capture of " + plan.source(), () -> startCapture(fresh));
        ticker.start(markerInterval);
        started = true;
    }

    /**
     * How long changes may gather before they are handed to the appliers; this capture's successors do the same. Zero: not at
     * all.
     */
    synchronized void gather(Duration interval) {
        gathering = interval;
        capture.gather(interval);
    }

    private void requireUnbrokenLog() {
        database.changeLog().brokenBecause(plan).ifPresent(reason -> {
            throw new ShooflyException(
                    ErrorKind.REFUSED,
                    "the capture of migration " + plan.id() + " cannot continue: " + reason
                            + ". Changes since it stopped may be missing from the shadow; the source is untouched."
                            + " Cancel this migration and start it again.");
        });
    }

    /** A cancel removes these rows first: one that was interrupted cannot be taken back. */
    private void requireProgress() {
        int found = Retry.OUTLAST_RESTART.call(
                "reading the progress of " + plan.id(),
                () -> database.control().progress().list(plan.id()).size());
        if (found != plan.partitions()) {
            throw new ShooflyException(
                    ErrorKind.REFUSED,
                    "migration " + plan.id() + " has " + found + " of " + plan.partitions()
                            + " progress rows: a cancel was begun and did not end. The source is untouched; run 'cancel "
                            + plan.id() + "' again.");
        }
    }

    private boolean startCapture(boolean fresh) {
        capture.close();
        beginCapture(engine(fresh));
        capture.awaitStreaming(STREAMING_WITHIN);
        return true;
    }

    /** In a pause, too, its first changes and with them its position must not wait for a marker that nobody writes. */
    private void beginCapture(CaptureEngine begun) {
        capture = begun;
        begun.start();
        ticker.once();
    }

    private CaptureEngine engine(boolean fresh) {
        CaptureEngine made = new CaptureEngine(
                CaptureSettings.of(captured, database.profile(), bootstrapServers, fresh ? Start.FRESH : Start.RESUME),
                metrics,
                faultPoints);
        made.gather(gathering);
        return made;
    }

    DirtyKeyPublisher dirtyKeys() {
        return dirtyKeys;
    }

    ApplyWatch appliers() {
        return appliers;
    }

    /** Throws what ended a stage; brings the capture back after a lost connection. Called by the watching thread. */
    synchronized void check() {
        if (!started) {
            // The starting thread looks after it itself.
            return;
        }
        if (applier != null) {
            applier.failure().ifPresent(Pipeline::rethrow);
        }
        appliers.failure().ifPresent(Pipeline::rethrow);
        ticker.failure().ifPresent(Pipeline::rethrow);
        switch (captureUse) {
            case RUNS -> capture.failure().ifPresentOrElse(this::recoverCapture, this::noteRecovery);
            case RETURNS -> returnCapture();
            case STOPPED -> {}
        }
    }

    /** Much may have happened to the log meanwhile: that is asked first. */
    private void returnCapture() {
        if (System.nanoTime() < nextCaptureStart) {
            return;
        }
        try {
            requireUnbrokenLog();
        } catch (ShooflyException e) {
            if (e.kind() != ErrorKind.TRANSIENT) {
                throw e;
            }
            nextCaptureStart = System.nanoTime() + Duration.ofSeconds(1).toNanos();
            return;
        }
        captureUse = CaptureUse.RUNS;
        beginCapture(engine(false));
    }

    private void recoverCapture(Throwable failure) {
        if (!(failure instanceof ShooflyException known) || known.kind() != ErrorKind.TRANSIENT) {
            rethrow(failure);
        }
        long now = System.nanoTime();
        if (captureDownSince == 0) {
            captureDownSince = now;
            LOG.warn("capture of {} stopped and is started again: {}", plan.source(), failure.getMessage());
        }
        if (now - captureDownSince > CAPTURE_DOWN_AT_MOST.toNanos()) {
            rethrow(failure);
        }
        if (now >= nextCaptureStart) {
            nextCaptureStart = now + Duration.ofSeconds(1).toNanos();
            metrics.count(MigrationMetrics.Counter.RECONNECTS, 1);
            capture.close();
            beginCapture(engine(false));
        }
    }

    /** Somebody waits for a marker. Any thread. */
    void hurry() {
        if (applier != null) {
            applier.hurry();
        }
    }

    /** One attempt after the other is one outage until one of them streams. */
    private void noteRecovery() {
        if (capture.isStreaming()) {
            captureDownSince = 0;
        }
    }

    /** Whether changes have not come through for so long that the shadow no longer counts as up to date. */
    synchronized boolean isFarBehind() {
        return captureDownSince != 0 || appliers.lagMillis() > FAR_BEHIND.toMillis();
    }

    private static void rethrow(Throwable failure) {
        throw failure instanceof RuntimeException known
                ? known
                : new ShooflyException(ErrorKind.REFUSED, "a stage failed: " + failure, failure);
    }

    /**
     * The migration is PAUSED already, which is what appliers in other processes go by.
     *
     * @return the names of appliers that have not said in time that they stand still
     */
    List<String> pause() {
        hold();
        return appliers.awaitQuiet(QUIET_WITHIN);
    }

    /** Before the start; or as the first step of a pause. The capture goes on. */
    void hold() {
        ticker.beat(beatOfPause());
        synchronized (stops) {
            paused = true;
            stopOrStart();
        }
    }

    private synchronized MarkerTicker.Beat beatOfPause() {
        boolean keepsLog = database.kind() == DatabaseKind.POSTGRES && captureUse != CaptureUse.STOPPED;
        return keepsLog ? MarkerTicker.Beat.SELDOM : MarkerTicker.Beat.NEVER;
    }

    /** In a pause: ends the capture too. Its position is saved, and {@link #resume} brings it back. */
    void stopCapture() {
        ticker.beat(MarkerTicker.Beat.NEVER);
        CaptureEngine stopped;
        synchronized (this) {
            captureUse = CaptureUse.STOPPED;
            stopped = capture;
        }
        // Takes seconds; the watching thread must not wait for it.
        stopped.close();
    }

    synchronized boolean isCaptureStopped() {
        return captureUse == CaptureUse.STOPPED;
    }

    /** Asks no server: nothing of it can fail and leave the rest paused. */
    void resume() {
        synchronized (this) {
            if (captureUse == CaptureUse.STOPPED) {
                captureUse = CaptureUse.RETURNS;
                nextCaptureStart = System.nanoTime();
            }
        }
        synchronized (stops) {
            paused = false;
            stopOrStart();
        }
        ticker.beat(MarkerTicker.Beat.STEADY);
    }

    /**
     * Has the appliers of all processes stand still for a while, markers and capture going on. Best effort: a process that
     * does not answer in time meets the locks of what they stand still for.
     */
    void standStill() {
        Retry.OUTLAST_RESTART.call("holding the appliers of " + plan.source(), () -> setHeld(true));
        synchronized (stops) {
            standing = true;
            stopOrStart();
        }
        List<String> busy = appliers.awaitQuiet(QUIET_WITHIN);
        if (!busy.isEmpty()) {
            LOG.warn("{}: the appliers {} have not said that they stand still", plan.source(), busy);
        }
    }

    void endStandstill() {
        synchronized (stops) {
            standing = false;
            stopOrStart();
        }
        Retry.OUTLAST_RESTART.call("releasing the appliers of " + plan.source(), () -> setHeld(false));
    }

    /** Whether the appliers of all processes stand still by our own wish. Any thread. */
    boolean isStanding() {
        synchronized (stops) {
            return standing;
        }
    }

    private boolean isHeld() {
        return database.control()
                .appliers()
                .standing(plan.id())
                .map(ApplierRows.Standing::held)
                .orElse(false);
    }

    private boolean setHeld(boolean held) {
        database.control().migrations().holdAppliers(plan.id(), epoch, held);
        return held;
    }

    /** An operator's pause and a standstill of our own can overlap: each ends for itself. */
    private void stopOrStart() {
        if (applier == null) {
            return;
        }
        if (paused || standing) {
            applier.pause();
        } else {
            applier.resume();
        }
    }

    @Override
    public synchronized void close() {
        ticker.close();
        capture.close();
        if (applier != null) {
            applier.close();
            appliers.leave();
        }
        dirtyKeys.close();
    }

    /** For what must be closed even when the constructor's owner failed half-way. */
    static void closeQuietly(@Nullable AutoCloseable closeable) {
        if (closeable == null) {
            return;
        }
        try {
            closeable.close();
        } catch (Exception e) {
            LOG.warn("closing {} failed: {}", closeable.getClass().getSimpleName(), e.toString());
        }
    }
}
