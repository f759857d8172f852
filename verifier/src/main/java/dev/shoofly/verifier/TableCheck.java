package dev.shoofly.verifier;

import dev.shoofly.database.Comparer;
import dev.shoofly.database.connection.Retry;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.verifier.sweep.ComparedRange;
import dev.shoofly.verifier.sweep.LocalRanges;
import dev.shoofly.verifier.sweep.ParallelRanges;
import dev.shoofly.verifier.sweep.Ranges;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One comparison on demand, of all rows, a sample or some keys, beside whatever else the migration does. Rows that differ are
 * settled as in a {@link VerificationPass}, so those in flight are never mismatches. Where nothing can be settled, because
 * nobody passes markers on, the rows are told as such and the comparison goes on. {@link #run} is called once.
 */
public final class TableCheck {
    /** Rows of each range of a sample: few, for neighbours are often written together. */
    private static final int SAMPLE_ROWS = 200;

    private final VerificationSettings settings;
    private final Comparer comparer;
    private final IntSupplier threads;
    private final Surroundings surroundings;
    private final Retry retry;
    private final RandomGenerator random;
    private final Settlement settlement;
    private final Map<RowKey, Mismatch> found = new LinkedHashMap<>();
    private final List<RowKey> suspects = new ArrayList<>();
    private final List<RowKey> unsettled = new ArrayList<>();
    private final List<RowKey> absent = new ArrayList<>();
    private final AtomicLong rowsCompared = new AtomicLong();
    private @Nullable String unsettledBecause;
    private long chunks;

    /**
     * @param retry of every step: how long the servers may be away
     * @param threads that compare when every row is wanted; asked again and again, for it may change
     */
    public TableCheck(
            VerificationSettings settings,
            Surroundings surroundings,
            Retry retry,
            RandomGenerator random,
            IntSupplier threads) {
        this.settings = settings;
        this.comparer = surroundings.comparer();
        this.threads = threads;
        List<MismatchSink> sinks = new ArrayList<>(surroundings.sinks());
        sinks.add(this::note);
        this.surroundings = surroundings.withSinks(sinks);
        this.retry = retry;
        this.random = random;
        this.settlement = new Settlement(
                settings, this.surroundings, new SuspectCheck(settings, this.surroundings, retry), retry, 0);
    }

    private void note(Mismatch mismatch) {
        found.put(mismatch.key(), mismatch);
    }

    /**
     * @throws ShooflyException what the servers say; SUPERSEDED, with the interrupt flag set, when interrupted
     */
    public CheckReport run(CheckScope scope) {
        long begun = System.nanoTime();
        boolean complete;
        try {
            if (scope instanceof CheckScope.Keys some) {
                complete = compareKeys(some.keys());
            } else if (scope instanceof CheckScope.Sample sample && sample.share() < 1) {
                complete = compareSample(sample.share());
            } else {
                complete = compareAll();
            }
            complete &= settle();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ShooflyException(
                    ErrorKind.SUPERSEDED,
                    "the comparison of " + settings.plan().source() + " was interrupted; nothing was changed by it",
                    e);
        }
        VerificationReport report = settlement.findings().report(rowsCompared.get(), chunks, complete);
        return new CheckReport(
                report.rowsCompared(),
                chunks,
                Duration.ofNanos(System.nanoTime() - begun),
                List.copyOf(found.values()),
                report.mismatchCount(),
                report.undecidedCount(),
                report.repairedCount(),
                report.lagCount(),
                unsettled,
                unsettledBecause,
                absent,
                report.complete());
    }

    /** Source rows compared so far, for display. Any thread. */
    public long rowsCompared() {
        return rowsCompared.get();
    }

    private boolean compareAll() throws InterruptedException {
        RowKey lower = null;
        try (Ranges all = new ParallelRanges(comparer, surroundings.throttle(), threads)) {
            do {
                lower = compareNext(all, lower, settings.chunkRows());
                if (isHopeless()) {
                    return false;
                }
            } while (lower != null);
        }
        return true;
    }

    /** One range in each stretch of so many rows that the share comes out, at a place in it that nobody can foretell. */
    private boolean compareSample(double share) throws InterruptedException {
        try (Ranges some = new LocalRanges(comparer, surroundings.throttle())) {
            return compareSample(some, share);
        }
    }

    private boolean compareSample(Ranges some, double share) throws InterruptedException {
        int rows = Math.min(settings.chunkRows(), SAMPLE_ROWS);
        int stretch = (int) Math.min(Integer.MAX_VALUE, Math.round(rows / share));
        RowKey at = null;
        while (true) {
            int before = random.nextInt(stretch - rows + 1);
            RowKey from = skip(at, before);
            if (before > 0 && from == null) {
                // The table ends before it; a small one must not be left out altogether.
                if (at == null) {
                    compareNext(some, null, rows);
                }
                return !isHopeless();
            }
            RowKey end = compareNext(some, from, rows);
            if (isHopeless()) {
                return false;
            }
            int behind = stretch - rows - before;
            at = end == null ? null : skip(end, behind);
            if (at == null) {
                return true;
            }
        }
    }

    /** @return the key so many rows further; null: there are not so many, or none is to be skipped from the start */
    private @Nullable RowKey skip(@Nullable RowKey from, int rows) {
        if (rows == 0) {
            return from;
        }
        Optional<RowKey> found =
                retry.call("looking for a sample of " + settings.plan().source(), () -> comparer.chunkEnd(from, rows));
        return found.orElse(null);
    }

    /** @return where it goes on; null: this was the last */
    private @Nullable RowKey compareNext(Ranges ranges, @Nullable RowKey lower, int rows) throws InterruptedException {
        ComparedRange compared = retry.call(
                "comparing " + settings.plan().source() + " with "
                        + settings.plan().shadow(),
                () -> ranges.next(lower, rows));
        rowsCompared.addAndGet(compared.sourceRows());
        chunks++;
        suspects.addAll(compared.differing());
        if (suspects.size() >= VerificationPass.BATCH) {
            settle();
        }
        return compared.range().upperInclusive();
    }

    /** One at a time, to tell of each whether there is such a row. */
    private boolean compareKeys(List<RowKey> keys) throws InterruptedException {
        for (RowKey key : keys) {
            List<RowKey> one = List.of(key);
            boolean differs =
                    retry.call("comparing row " + key + " of " + settings.plan().source(), () -> {
                        surroundings.throttle().await();
                        return !comparer.differences(one).isEmpty();
                    });
            List<RowKey> source = retry.call(
                    "looking for row " + key + " of " + settings.plan().source(), () -> comparer.sourceKeys(one));
            rowsCompared.addAndGet(source.size());
            if (differs) {
                suspects.addAll(source.isEmpty() ? one : source);
            } else if (source.isEmpty()) {
                absent.add(key);
            }
        }
        return true;
    }

    private boolean isHopeless() {
        return settlement.isHopeless() || unsettled.size() >= settings.mostMismatches();
    }

    /** @return false: too many differ */
    private boolean settle() throws InterruptedException {
        while (!suspects.isEmpty()) {
            List<RowKey> batch = suspects.subList(0, Math.min(suspects.size(), VerificationPass.BATCH));
            if (isHopeless()) {
                return false;
            }
            if (unsettledBecause == null) {
                settle(List.copyOf(batch));
            } else {
                unsettled.addAll(batch);
            }
            batch.clear();
        }
        return true;
    }

    private void settle(List<RowKey> batch) throws InterruptedException {
        try {
            settlement.settle(batch);
        } catch (ShooflyException e) {
            if (e.kind() == ErrorKind.SUPERSEDED) {
                throw e;
            }
            unsettledBecause = String.valueOf(e.getMessage());
            unsettled.addAll(batch);
        }
    }
}
