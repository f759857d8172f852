package dev.shoofly.backfill;

import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.database.control.Segment;
import dev.shoofly.database.control.SegmentRows;
import dev.shoofly.database.throttle.PauseGate;
import dev.shoofly.model.KeyRange;
import dev.shoofly.model.RowKey;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.ToLongFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks once a second what all copiers have copied, now and then how much is left, and renews this process's claims while
 * their workers wait. Does nothing while the copy is paused: a paused migration leaves the server alone, and a claim that ran
 * out meanwhile is still good unless somebody has taken it. Owns one thread.
 */
final class ClaimKeeper implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ClaimKeeper.class);
    private static final Duration EVERY = Duration.ofSeconds(1);
    private static final int LOOKS_PER_RENEWAL = (int) Math.max(1, SegmentRows.LEASE.toSeconds() / 4);
    private static final int LOOKS_PER_ESTIMATE = 5;
    private final Segments segments;
    private final Set<Segment> held;
    private final PauseGate gate;
    private final RateWindow copied;
    private final ToLongFunction<KeyRange> estimate;
    private volatile long remaining = -1;
    private final ScheduledExecutorService thread =
            Executors.newSingleThreadScheduledExecutor(task -> new Thread(task, "shoofly-claims"));
    private long looks;

    /**
     * @param held what the workers hold at this moment; a concurrent set
     * @param estimate rows of a range of keys; -1: not known
     */
    ClaimKeeper(
            Segments segments,
            Set<Segment> held,
            PauseGate gate,
            RateWindow copied,
            ToLongFunction<KeyRange> estimate) {
        this.estimate = estimate;
        this.held = held;
        this.segments = segments;
        this.gate = gate;
        this.copied = copied;
    }

    void start() {
        thread.scheduleWithFixedDelay(this::look, EVERY.toMillis(), EVERY.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void look() {
        if (gate.heldBackBy().isPresent()) {
            return;
        }
        try {
            List<Segment> all = segments.list();
            copied.to(all.stream().mapToLong(Segment::rowsCopied).sum());
            if (looks % LOOKS_PER_ESTIMATE == 0) {
                remaining = estimate(all);
            }
            if (++looks % LOOKS_PER_RENEWAL == 0) {
                segments.renew(List.copyOf(held));
            }
        } catch (RuntimeException e) {
            // The workers meet the same and say so.
            LOG.debug("claims not renewed{}: {}", SqlErrors.isTransient(e) ? " this time" : "", e.getMessage());
        }
    }

    private long estimate(List<Segment> all) {
        long rows = 0;
        for (Segment segment : all) {
            RowKey position = segment.position();
            KeyRange left = position == null
                    ? segment.range()
                    : new KeyRange(position, segment.range().upperInclusive());
            long more = segment.done() ? 0 : estimate.applyAsLong(left);
            if (more < 0) {
                return -1;
            }
            rows += more;
        }
        return rows;
    }

    /** Rows that nobody has copied yet, as the server estimates them; -1: not known yet. */
    long remaining() {
        return remaining;
    }

    @Override
    public void close() {
        thread.shutdownNow();
        boolean interrupted = Thread.interrupted();
        try {
            thread.awaitTermination(5, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            interrupted = true;
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
