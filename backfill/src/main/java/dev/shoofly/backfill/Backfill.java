package dev.shoofly.backfill;

import dev.shoofly.database.ChunkCopier;
import dev.shoofly.database.DirtyKeys;
import dev.shoofly.database.connection.Retry;
import dev.shoofly.database.control.Segment;
import dev.shoofly.database.control.SegmentRows;
import dev.shoofly.database.throttle.PauseGate;
import dev.shoofly.database.throttle.Throttle;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationMetrics;
import dev.shoofly.model.ShooflyException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Copies every row that exists at its first start into the shadow. {@link #run} is called by one thread at a time; all
 * other methods by any thread, at any time. The capture must deliver the source's changes before the first run: rows that
 * come later are its business.
 */
public final class Backfill {
    private static final Logger LOG = LoggerFactory.getLogger(Backfill.class);
    private static final Duration RATE_WINDOW = Duration.ofSeconds(10);
    private static final Duration STOP_TIMEOUT = Duration.ofSeconds(30);
    private final BackfillSettings settings;
    private final Segments segments;
    private final SegmentPlanner planner;
    private final PauseGate gate = new PauseGate();
    private final Throttle throttle;
    private final RateWindow copied = new RateWindow(System::nanoTime, RATE_WINDOW);
    private final SegmentCopy segmentCopy;
    private volatile long copiedEarlier;

    /** @param throttle asked before each chunk, after the pause gate */
    public Backfill(
            BackfillSettings settings,
            ChunkCopier copier,
            SegmentRows segments,
            DirtyKeys dirtyKeys,
            Throttle throttle,
            MigrationMetrics metrics,
            FaultPoints faultPoints) {
        this(
                settings,
                copier,
                Segments.of(segments, settings.plan().id()),
                SegmentStrategy.ONE_SEGMENT,
                dirtyKeys,
                throttle,
                metrics,
                faultPoints);
    }

    Backfill(
            BackfillSettings settings,
            ChunkCopier copier,
            Segments segments,
            SegmentStrategy strategy,
            DirtyKeys dirtyKeys,
            Throttle throttle,
            MigrationMetrics metrics,
            FaultPoints faultPoints) {
        this.settings = settings;
        this.segments = segments;
        this.planner = new SegmentPlanner(copier, strategy);
        this.throttle = Throttle.allOf(gate, throttle);
        this.segmentCopy = new SegmentCopy(copier, dirtyKeys, this.throttle, copied, metrics, faultPoints);
    }

    /**
     * Copies until every segment is done. Continues where an earlier run of whichever process stopped; at most the chunks
     * in flight are done again. Survives a restart of the server.
     *
     * @throws ShooflyException the first failure of a worker, once the others have stopped: DATA when a value does not
     *     fit, SUPERSEDED when another process owns the segments now, or when the calling thread is interrupted (its
     *     interrupt flag is set then)
     */
    public void run() {
        MigrationId id = settings.plan().id();
        List<Segment> all = Retry.OUTLAST_RESTART.call("preparing the segments of migration " + id, this::prepare);
        copiedEarlier = all.stream().mapToLong(Segment::rowsCopied).sum() - copied.total();
        long open = all.stream().filter(segment -> !segment.done()).count();
        LOG.info("backfill of {}: {} of {} segments are open", settings.plan().source(), open, all.size());
        runWorkers();
        LOG.info("backfill of {}: done, {} rows copied", settings.plan().source(), rowsCopied());
    }

    private List<Segment> prepare() throws InterruptedException {
        throttle.await();
        // A copier of a former owner may be inside a transaction; nothing of it may commit behind our sweeps.
        segments.fenceAll();
        if (segments.list().isEmpty()) {
            segments.create(planner.plan(settings.threads()));
        }
        return segments.list();
    }

    private void runWorkers() {
        SegmentClaims claims = new SegmentClaims(segments);
        AtomicInteger number = new AtomicInteger();
        ExecutorService workers = Executors.newFixedThreadPool(
                settings.threads(),
                task -> new Thread(task, "shoofly-backfill-" + settings.plan().id() + "-" + number.incrementAndGet()));
        ExecutorCompletionService<Boolean> ended = new ExecutorCompletionService<>(workers);
        for (int i = 0; i < settings.threads(); i++) {
            ended.submit(() -> work(claims));
        }
        try {
            for (int i = 0; i < settings.threads(); i++) {
                ended.take().get();
            }
        } catch (ExecutionException e) {
            throw asRuntime(e.getCause() == null ? e : e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ShooflyException(
                    ErrorKind.SUPERSEDED,
                    "the backfill of " + settings.plan().source()
                            + " was interrupted; a later run continues from the last finished chunk",
                    e);
        } finally {
            stop(workers);
        }
    }

    private boolean work(SegmentClaims claims) throws InterruptedException {
        ChunkSizer sizer = new ChunkSizer(settings.chunkRows());
        while (true) {
            Optional<Segment> segment = Retry.OUTLAST_RESTART.call(
                    "claiming a segment of migration " + settings.plan().id(), () -> {
                        gate.await();
                        return claims.next();
                    });
            if (segment.isEmpty()) {
                return true;
            }
            segmentCopy.copy(segment.get(), sizer);
        }
    }

    /** Waits for the chunks in flight, so that nothing runs on when {@link #run} has returned. */
    private void stop(ExecutorService workers) {
        workers.shutdownNow();
        boolean interrupted = Thread.interrupted();
        try {
            if (!workers.awaitTermination(STOP_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.warn(
                        "backfill of {}: a chunk is still running on the server after {} s; the next owner's fence waits for it",
                        settings.plan().source(),
                        STOP_TIMEOUT.toSeconds());
            }
        } catch (InterruptedException e) {
            interrupted = true;
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private RuntimeException asRuntime(Throwable failure) {
        if (failure instanceof Error error) {
            throw error;
        }
        return failure instanceof RuntimeException known
                ? known
                : new ShooflyException(
                        ErrorKind.REFUSED,
                        "the backfill of " + settings.plan().source() + " stopped: " + failure.getMessage(),
                        failure);
    }

    /** No chunk starts from now on, no matter how many runs follow; those in flight end. */
    public void pause() {
        gate.pause();
    }

    public void resume() {
        gate.resume();
    }

    /** Rows copied by this and earlier runs. */
    public long rowsCopied() {
        return copiedEarlier + copied.total();
    }

    public Progress progress() {
        return new Progress(rowsCopied(), copied.perSecond(), throttle.heldBackBy());
    }

    /**
     * A moment of the copy, for display.
     *
     * @param rowsPerSecond over the last ten seconds
     * @param heldBackBy why nothing moves right now
     */
    public record Progress(long rows, double rowsPerSecond, Optional<String> heldBackBy) {}
}
