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
import dev.shoofly.model.KeyRange;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationMetrics;
import dev.shoofly.model.ShooflyException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.function.BooleanSupplier;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Copies every row that exists at its first start into the shadow. Copiers in several processes share the segments of one
 * migration: the owner's calls {@link #run}, the others' {@link #help}. One of the two is called, by one thread at a time;
 * all other methods by any thread, at any time. The capture must deliver the source's changes before the first run: rows
 * that come later are its business.
 */
public final class Backfill {
    private static final Logger LOG = LoggerFactory.getLogger(Backfill.class);
    private static final Duration RATE_WINDOW = Duration.ofSeconds(10);
    private static final Duration LOOK_EVERY = Duration.ofMillis(200);
    private static final Duration LEAVE_WITHIN = Duration.ofSeconds(2);
    private final BackfillSettings settings;
    private final Segments segments;
    private final ChunkCopier copier;
    private final SegmentClaims claims;
    private final PauseGate gate;
    private final Throttle throttle;
    private final RateWindow copied = new RateWindow(System::nanoTime, RATE_WINDOW);
    private final SegmentCopy segmentCopy;
    private final Set<Segment> held = ConcurrentHashMap.newKeySet();
    private volatile boolean leaving;
    private volatile @Nullable ClaimKeeper looking;

    /**
     * @param gate closed: no chunk starts, and nothing else is asked of the server, until it is opened; chunks in flight end
     * @param throttle asked before each chunk
     */
    public Backfill(
            BackfillSettings settings,
            ChunkCopier copier,
            SegmentRows segments,
            DirtyKeys dirtyKeys,
            PauseGate gate,
            Throttle throttle,
            MigrationMetrics metrics,
            FaultPoints faultPoints) {
        this(
                settings,
                copier,
                Segments.of(segments, settings.plan().id(), settings.copier()),
                dirtyKeys,
                gate,
                throttle,
                metrics,
                faultPoints);
    }

    Backfill(
            BackfillSettings settings,
            ChunkCopier copier,
            Segments segments,
            DirtyKeys dirtyKeys,
            PauseGate gate,
            Throttle throttle,
            MigrationMetrics metrics,
            FaultPoints faultPoints) {
        this.settings = settings;
        this.segments = segments;
        this.copier = copier;
        this.gate = gate;
        this.claims = new SegmentClaims(segments, copier, gate, settings.segmentRows());
        // The pause comes last: it must hold to the moment when a chunk begins.
        this.throttle = Throttle.allOf(throttle, gate);
        this.segmentCopy = new SegmentCopy(copier, dirtyKeys, this.throttle, metrics, faultPoints);
    }

    /**
     * Copies until every segment is done, whoever did it. Continues where an earlier run of whichever process stopped; at
     * most the chunks in flight are done again. Survives a restart of the server.
     *
     * @throws ShooflyException the first failure of a worker, once the others have stopped: DATA when a value does not
     *     fit, SUPERSEDED when the migration has another owner now, or when the calling thread is interrupted (its
     *     interrupt flag is set then)
     */
    public void run() {
        MigrationId id = settings.plan().id();
        List<Segment> all = Retry.OUTLAST_RESTART.call("preparing the segments of migration " + id, this::prepare);
        LOG.info(
                "backfill of {}: {} rows copied so far, {} segments open",
                settings.plan().source(),
                rows(all),
                all.stream().filter(segment -> !segment.done()).count());
        copyAll(rows(all), copier::estimateRows);
        LOG.info("backfill of {}: done, {} rows copied", settings.plan().source(), rowsCopied());
    }

    /**
     * Takes part in a copy that another process owns, until every segment is done or {@link #leave} is called.
     *
     * @return false when the owner has not made the segments yet: nothing was done, and it is to be tried later
     * @throws ShooflyException as {@link #run}
     */
    public boolean help() {
        List<Segment> all = Retry.OUTLAST_RESTART.call(
                "reading the segments of migration " + settings.plan().id(), segments::list);
        if (all.isEmpty()) {
            return false;
        }
        // The owner shows what is left; nobody asks a helper.
        copyAll(rows(all), range -> -1);
        return true;
    }

    /** Has the workers give their segments back after the chunks in flight; {@link #help} returns soon then. */
    public void leave() {
        leaving = true;
    }

    private List<Segment> prepare() throws InterruptedException {
        throttle.await();
        // A copier of a former owner may be inside a transaction; nothing of it may commit behind our sweeps.
        segments.fenceAll();
        if (segments.list().isEmpty()) {
            // One that is divided as segments are claimed. Its end is the highest key of this moment, so the copy ends
            // under any insert load: what lies beyond comes by capture alone, which must therefore be at work already.
            segments.create(copier.highestKey()
                    .map(highest -> List.of(new KeyRange(null, highest)))
                    .orElse(List.of()));
        }
        return segments.list();
    }

    private void copyAll(long copiedEarlier, ToLongFunction<KeyRange> estimate) {
        copied.startAt(copiedEarlier);
        try (ClaimKeeper keeper = new ClaimKeeper(segments, held, gate, copied, estimate);
                Crew crew = new Crew("shoofly-backfill-" + settings.plan().id(), this::work)) {
            keeper.start();
            looking = keeper;
            long leaveBy = Long.MAX_VALUE;
            do {
                crew.keep(leaving ? 0 : settings.pace().threads());
                if (leaving && leaveBy == Long.MAX_VALUE) {
                    leaveBy = System.nanoTime() + LEAVE_WITHIN.toNanos();
                }
                // Closing the crew interrupts those that the throttle still holds.
            } while (!crew.isEndedWithin(LOOK_EVERY) && System.nanoTime() < leaveBy);
        } catch (ExecutionException e) {
            throw asRuntime(e.getCause() == null ? e : e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ShooflyException(
                    ErrorKind.SUPERSEDED,
                    "the backfill of " + settings.plan().source()
                            + " was interrupted; a later run continues from the last finished chunk",
                    e);
        }
        copied.to(rows(Retry.OUTLAST_RESTART.call(
                "reading the segments of migration " + settings.plan().id(), segments::list)));
    }

    private static long rows(List<Segment> all) {
        return all.stream().mapToLong(Segment::rowsCopied).sum();
    }

    /** @return whether every segment is done */
    private boolean work(BooleanSupplier kept) throws InterruptedException {
        BooleanSupplier wanted = () -> kept.getAsBoolean() && !leaving;
        ChunkSizer sizer = new ChunkSizer(settings.chunkRows(), settings.pace()::chunkTime);
        while (true) {
            Optional<Segment> segment = Retry.OUTLAST_RESTART.call(
                    "claiming a segment of migration " + settings.plan().id(), () -> claims.next(wanted));
            if (segment.isEmpty()) {
                return wanted.getAsBoolean();
            }
            copy(segment.get(), sizer, wanted);
        }
    }

    private void copy(Segment segment, ChunkSizer sizer, BooleanSupplier wanted) {
        boolean done = false;
        held.add(segment);
        try {
            done = segmentCopy.copy(segment, sizer, wanted);
        } catch (ShooflyException e) {
            if (e.kind() != ErrorKind.SUPERSEDED || Thread.currentThread().isInterrupted()) {
                throw e;
            }
            // Nothing was heard of this worker for so long that its segment has another one now, or the whole migration
            // has: which of them, the next claim tells.
            LOG.info("{}", e.getMessage());
        } finally {
            held.remove(segment);
            if (!done) {
                release(segment);
            }
        }
    }

    /** Not needed for anything but speed: a claim ends by itself. */
    private void release(Segment segment) {
        // No connection can be had by a thread that is interrupted.
        boolean interrupted = Thread.interrupted();
        try {
            segments.release(segment);
        } catch (ShooflyException e) {
            LOG.debug("segment {} not given back: {}", segment.number(), e.getMessage());
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
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

    /** Rows copied by all copiers in this and earlier runs; a second old while the copy runs. */
    public long rowsCopied() {
        return copied.total();
    }

    public Progress progress() {
        ClaimKeeper keeper = looking;
        return new Progress(
                rowsCopied(), keeper == null ? -1 : keeper.remaining(), copied.perSecond(), throttle.heldBackBy());
    }

    /**
     * A moment of the copy, for display.
     *
     * @param rowsLeft as the server estimates them, some seconds ago; -1: not known yet
     * @param rowsPerSecond over the last ten seconds
     * @param heldBackBy why nothing moves right now
     */
    public record Progress(long rows, long rowsLeft, double rowsPerSecond, Optional<String> heldBackBy) {}
}
