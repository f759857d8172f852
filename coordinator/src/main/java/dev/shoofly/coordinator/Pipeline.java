package dev.shoofly.coordinator;

import dev.shoofly.applier.Applier;
import dev.shoofly.applier.ApplierSettings;
import dev.shoofly.backfill.DirtyKeyPublisher;
import dev.shoofly.capture.CaptureEngine;
import dev.shoofly.capture.CaptureSettings;
import dev.shoofly.capture.CaptureSettings.Start;
import dev.shoofly.database.Database;
import dev.shoofly.database.connection.Retry;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationMetrics;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.ShooflyException;
import java.time.Duration;
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
    private static final Duration CAPTURE_DOWN_AT_MOST = Duration.ofMinutes(10);
    private final Database database;
    private final MigrationPlan plan;
    private final String bootstrapServers;
    private final MigrationMetrics metrics;
    private final FaultPoints faultPoints;
    private final Applier applier;
    private final DirtyKeyPublisher dirtyKeys;
    private final MarkerTicker ticker;
    private CaptureEngine capture;
    private volatile boolean started;
    private long captureDownSince;
    private long nextCaptureStart;

    Pipeline(
            Database database,
            MigrationPlan plan,
            String bootstrapServers,
            RunnerSettings settings,
            MigrationMetrics metrics,
            FaultPoints faultPoints,
            long epoch) {
        this.database = database;
        this.plan = plan;
        this.bootstrapServers = bootstrapServers;
        this.metrics = metrics;
        this.faultPoints = faultPoints;
        this.applier = new Applier(
                new ApplierSettings(
                        plan,
                        bootstrapServers,
                        settings.dataDirectory()
                                .resolve("streams")
                                .resolve(plan.id().value()),
                        Math.min(settings.applierThreads(), plan.partitions())),
                database.reconciler(plan),
                database.control().progress(),
                metrics,
                faultPoints);
        this.dirtyKeys =
                new DirtyKeyPublisher(Map.of(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers), plan);
        this.ticker = new MarkerTicker(database.control(), plan.id(), epoch, applier::lagMillis);
        this.capture = engine(false);
    }

    /** @param fresh whether the capture starts at the log's present end; otherwise it resumes where it stopped */
    void start(boolean fresh, Duration markerInterval) {
        if (!fresh) {
            database.changeLog().brokenBecause(plan).ifPresent(reason -> {
                throw new ShooflyException(
                        ErrorKind.REFUSED,
                        "the capture of migration " + plan.id() + " cannot continue: " + reason
                                + ". Changes since it stopped may be missing from the shadow; the source is untouched."
                                + " Cancel this migration and start it again.");
            });
        }
        Retry.OUTLAST_RESTART.call("starting the capture of " + plan.source(), () -> startCapture(fresh));
        applier.start();
        ticker.start(markerInterval);
        started = true;
    }

    private boolean startCapture(boolean fresh) {
        capture.close();
        capture = engine(fresh);
        capture.start();
        capture.awaitStreaming(STREAMING_WITHIN);
        return true;
    }

    private CaptureEngine engine(boolean fresh) {
        return new CaptureEngine(
                CaptureSettings.of(plan, database.profile(), bootstrapServers, fresh ? Start.FRESH : Start.RESUME),
                metrics,
                faultPoints);
    }

    DirtyKeyPublisher dirtyKeys() {
        return dirtyKeys;
    }

    long lagMillis() {
        return applier.lagMillis();
    }

    long keysApplied() {
        return ticker.keysApplied();
    }

    /** Throws what ended a stage; brings the capture back after a lost connection. Called by the watching thread. */
    synchronized void check() {
        if (!started) {
            // The starting thread looks after it itself.
            return;
        }
        applier.failure().ifPresent(Pipeline::rethrow);
        ticker.failure().ifPresent(Pipeline::rethrow);
        capture.failure().ifPresentOrElse(this::recoverCapture, () -> captureDownSince = 0);
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
            capture = engine(false);
            capture.start();
        }
    }

    private static void rethrow(Throwable failure) {
        throw failure instanceof RuntimeException known
                ? known
                : new ShooflyException(ErrorKind.REFUSED, "a stage failed: " + failure, failure);
    }

    void pause() {
        ticker.pause();
        applier.pause();
    }

    void resume() {
        applier.resume();
        ticker.resume();
    }

    @Override
    public synchronized void close() {
        ticker.close();
        capture.close();
        applier.close();
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
