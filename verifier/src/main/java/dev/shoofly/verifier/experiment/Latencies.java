package dev.shoofly.verifier.experiment;

import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;

/** The last few thousand times that something took. Thread-safe. */
public final class Latencies {
    private static final int KEPT = 4_096;

    private final long[] nanos = new long[KEPT];
    private long count;

    public synchronized void add(Duration took) {
        nanos[(int) (count % KEPT)] = took.toNanos();
        count++;
    }

    /** All of another. */
    public synchronized void addAll(Latencies other) {
        for (long each : other.kept()) {
            add(Duration.ofNanos(each));
        }
    }

    private synchronized long[] kept() {
        return Arrays.copyOf(nanos, (int) Math.min(count, KEPT));
    }

    /**
     * The time within which this share of them was done: the smallest that was seen and holds for so many.
     *
     * @param share 0.5 for the median
     * @return empty when there are none
     */
    public Optional<Duration> quantile(double share) {
        long[] sorted = kept();
        if (sorted.length == 0) {
            return Optional.empty();
        }
        Arrays.sort(sorted);
        int rank = (int) Math.ceil(share * sorted.length);
        return Optional.of(Duration.ofNanos(sorted[Math.max(rank, 1) - 1]));
    }
}
