package dev.shoofly.benchmarks;

import java.util.Arrays;

/** Measured times, in nanoseconds. Thread-safe. */
final class Durations {
    private long[] nanos = new long[1 << 16];
    private int count;

    synchronized void add(long measured) {
        if (count == nanos.length) {
            nanos = Arrays.copyOf(nanos, 2 * count);
        }
        nanos[count++] = measured;
    }

    synchronized int count() {
        return count;
    }

    /**
     * The time that this share of the measured ones does not exceed, in milliseconds.
     *
     * @param share 0.5: the median; 1: the longest
     */
    synchronized double millis(double share) {
        if (count == 0) {
            throw new BenchmarkFailure("nothing was measured");
        }
        long[] sorted = Arrays.copyOf(nanos, count);
        Arrays.sort(sorted);
        int at = (int) Math.ceil(share * count) - 1;
        return sorted[Math.max(0, at)] / 1e6;
    }
}
