package dev.shoofly.verifier;

import dev.shoofly.database.Comparer;
import dev.shoofly.database.connection.Retry;
import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.database.throttle.PauseGate;
import dev.shoofly.database.throttle.Throttle;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationMetrics;
import dev.shoofly.model.MigrationMetrics.Counter;
import dev.shoofly.model.MigrationMetrics.Timer;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.verifier.sweep.ComparedRange;
import dev.shoofly.verifier.sweep.LocalRanges;
import dev.shoofly.verifier.sweep.Ranges;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One comparison of the whole table, both ways, exact under a running application: rows in flight are never mismatches,
 * rows that differ for good always are ({@link SuspectCheck} proves it). The backfill must be done and the applier
 * running. {@link #run} is called once, by one thread; the other methods by any.
 */
public final class VerificationPass {
    private static final Logger LOG = LoggerFactory.getLogger(VerificationPass.class);
    /** Most suspects that are settled at a time. */
    static final int BATCH = 1_000;
    /** A round of settling waits for the pipeline, so several ranges share one. */
    private static final int RANGES_PER_SETTLEMENT = 20;

    private static final int FEWEST_ROWS = 250;
    /** By a quarter after each that was equal. */
    private static final int GROWTH_DIVISOR = 4;

    private final VerificationSettings settings;
    private final Supplier<Ranges> ranges;
    private final Settlement settlement;
    private final List<MismatchSink> sinks;
    private final PauseGate gate = new PauseGate();
    private final MigrationMetrics metrics;
    private final VerificationPosition position;
    private final Retry retry;
    private final List<RowKey> suspects = new ArrayList<>();
    private final AtomicLong rowsCompared = new AtomicLong();
    private int rows;
    private int unsettledRanges;
    private long chunks;

    public VerificationPass(VerificationSettings settings, Surroundings surroundings, VerificationPosition position) {
        this(settings, surroundings, position, 0, LocalRanges::new);
    }

    /** Makes the ranges of one pass. */
    @FunctionalInterface
    public interface Source {
        /** @param throttle asked before each range that is compared in this process */
        Ranges of(Comparer comparer, Throttle throttle);
    }

    /** @param repairedBefore rows repaired for this migration by earlier passes */
    VerificationPass(
            VerificationSettings settings,
            Surroundings surroundings,
            VerificationPosition position,
            long repairedBefore,
            Source ranges) {
        this.settings = settings;
        this.rows = settings.chunkRows();
        this.sinks = surroundings.sinks();
        Throttle throttle = Throttle.allOf(gate, surroundings.throttle());
        this.ranges = () -> ranges.of(surroundings.comparer(), throttle);
        this.metrics = surroundings.metrics();
        this.position = position;
        this.rowsCompared.set(position.rowsBefore());
        this.retry = Retry.OUTLAST_RESTART.notifying(this::countReconnect);
        Surroundings throttled = surroundings.throttledBy(throttle);
        this.settlement = new Settlement(
                settings, throttled, new SuspectCheck(settings, throttled, retry), retry, repairedBefore);
    }

    /**
     * Compares from the position to the end. Survives a restart of the servers.
     *
     * @throws ShooflyException what the servers or the fence say; SUPERSEDED, with the interrupt flag set, when interrupted
     */
    public VerificationReport run() {
        try {
            VerificationReport report = compareAll();
            LOG.info("verification of {}: {}", settings.plan().source(), report.message());
            return report;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ShooflyException(
                    ErrorKind.SUPERSEDED,
                    "the verification of " + settings.plan().source() + " was interrupted; nothing was changed by it",
                    e);
        }
    }

    private VerificationReport compareAll() throws InterruptedException {
        long begun = System.nanoTime();
        if (position.after() == null) {
            sinks.forEach(sink -> retry.call("clearing earlier mismatches", () -> {
                sink.begin();
                return true;
            }));
        }
        VerificationReport report;
        try (Ranges compared = ranges.get()) {
            LOG.debug("the sweep of {} was ready after {} ms", settings.plan().source(), millisSince(begun));
            report = compareAll(compared);
            LOG.debug(
                    "the sweep of {} came to its end after {} ms",
                    settings.plan().source(),
                    millisSince(begun));
        }
        LOG.debug("the sweep of {} was closed after {} ms", settings.plan().source(), millisSince(begun));
        return report;
    }

    static long millisSince(long nanoTime) {
        return (System.nanoTime() - nanoTime) / 1_000_000;
    }

    private VerificationReport compareAll(Ranges ranges) throws InterruptedException {
        RowKey lower = position.after();
        do {
            RowKey after = lower;
            ComparedRange compared = retry.call(
                    "comparing " + settings.plan().source() + " with its shadow after key "
                            + (after == null ? "(start)" : after),
                    () -> ranges.next(after, rows));
            count(compared);
            lower = compared.range().upperInclusive();
            if (suspects.size() >= BATCH || unsettledRanges >= RANGES_PER_SETTLEMENT || lower == null) {
                settle(lower);
            }
            if (settlement.isHopeless()) {
                return settlement.findings().report(rowsCompared.get(), chunks, lower == null && suspects.isEmpty());
            }
        } while (lower != null);
        return settlement.findings().report(rowsCompared.get(), chunks, true);
    }

    private void count(ComparedRange compared) {
        rowsCompared.addAndGet(compared.sourceRows());
        chunks++;
        chooseRows(compared.differing().isEmpty());
        suspects.addAll(compared.differing());
        unsettledRanges++;
        metrics.count(Counter.ROWS_VERIFIED, compared.sourceRows());
        metrics.time(Timer.VERIFY_CHUNK, compared.took());
    }

    /** A range with one row in flight is read twice: where many rows change, smaller ranges read less twice. */
    private void chooseRows(boolean equal) {
        int next = equal ? rows + rows / GROWTH_DIVISOR + 1 : rows / 2;
        rows = Math.min(settings.chunkRows(), Math.max(Math.min(FEWEST_ROWS, settings.chunkRows()), next));
    }

    private void settle(@Nullable RowKey last) throws InterruptedException {
        List<RowKey> open = new ArrayList<>();
        for (int from = 0; from < suspects.size(); from += BATCH) {
            open.addAll(
                    settlement.settle(List.copyOf(suspects.subList(from, Math.min(suspects.size(), from + BATCH)))));
            if (settlement.isHopeless()) {
                return; // the suspects stay: the report is not complete
            }
        }
        suspects.clear();
        unsettledRanges = 0;
        position.listener().settled(last, rowsCompared.get(), open);
    }

    private void countReconnect(Throwable error) {
        if (SqlErrors.isConnectionLoss(error)) {
            metrics.count(Counter.RECONNECTS, 1);
        }
    }

    /** No range is read from now on; the one being read is finished. */
    public void pause() {
        gate.pause();
    }

    public void resume() {
        gate.resume();
    }

    /** What this pass and whoever goes on from it find. */
    Settlement settlement() {
        return settlement;
    }

    /** Source rows compared so far, for display. */
    public long rowsCompared() {
        return rowsCompared.get();
    }
}
