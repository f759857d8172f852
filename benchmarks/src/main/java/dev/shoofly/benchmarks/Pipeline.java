package dev.shoofly.benchmarks;

import dev.shoofly.applier.Applier;
import dev.shoofly.applier.ApplierSettings;
import dev.shoofly.capture.CaptureEngine;
import dev.shoofly.capture.CaptureSettings;
import dev.shoofly.capture.CaptureSettings.Start;
import dev.shoofly.database.Database;
import dev.shoofly.database.Reconciler;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationMetrics;
import dev.shoofly.model.MigrationPlan;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/** Capture, applier and markers of one migration, as a running migration has them. */
final class Pipeline implements AutoCloseable {
    /** As {@code shoofly migrate} has it. */
    private static final long MARKER_INTERVAL_MILLIS = 100;
    /** As a migration lets changes gather while other clients work, which the load is. */
    private static final Duration GATHERING = Duration.ofMillis(50);

    private static final Duration STREAMING_WITHIN = Duration.ofSeconds(120);

    private final CaptureEngine capture;
    private final Applier applier;
    private final ScheduledExecutorService markers = Executors.newSingleThreadScheduledExecutor();
    private final ScheduledFuture<?> ticking;

    /** Returns once changes flow. */
    Pipeline(Bed bed, MigrationPlan plan, int threads, Reconciler reconciler) {
        Database database = bed.database();
        this.capture = capture(bed, plan, Start.FRESH);
        capture.gather(GATHERING);
        this.applier = new Applier(
                new ApplierSettings(plan, bed.bootstrapServers(), bed.directory("streams-" + plan.id()), threads),
                reconciler,
                database.control().progress(),
                MigrationMetrics.NONE,
                FaultPoints.NONE);
        applier.start();
        this.ticking = markers.scheduleAtFixedRate(
                () -> database.control().markers().next(plan.id()), 0, MARKER_INTERVAL_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** An engine that streams. */
    static CaptureEngine capture(Bed bed, MigrationPlan plan, Start start) {
        CaptureEngine engine = new CaptureEngine(
                CaptureSettings.of(plan, bed.profile(), bed.bootstrapServers(), start),
                MigrationMetrics.NONE,
                FaultPoints.NONE);
        try {
            engine.start();
            engine.awaitStreaming(STREAMING_WITHIN);
            return engine;
        } catch (RuntimeException e) {
            engine.close();
            throw e;
        }
    }

    /** @throws BenchmarkFailure when a part has ended */
    void check() {
        Optional<Throwable> failure = capture.failure().or(applier::failure);
        if (failure.isPresent()) {
            throw new BenchmarkFailure("the pipeline failed: " + failure.get().getMessage(), failure.get());
        }
        if (ticking.isDone()) {
            throw new BenchmarkFailure("the markers stopped");
        }
    }

    @Override
    public void close() {
        markers.shutdownNow();
        capture.close();
        applier.close();
    }
}
