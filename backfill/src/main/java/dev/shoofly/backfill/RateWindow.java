package dev.shoofly.backfill;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.LongSupplier;

/** A total, and its growth per second over the last few seconds. Thread-safe. */
final class RateWindow {
    private final LongSupplier nanoTime;
    private final long windowNanos;
    private final Deque<Sample> samples = new ArrayDeque<>();
    private long total;

    /** @param nanoTime a monotonic clock */
    RateWindow(LongSupplier nanoTime, Duration window) {
        this.nanoTime = nanoTime;
        this.windowNanos = window.toNanos();
        samples.add(new Sample(nanoTime.getAsLong(), 0));
    }

    /** Forgets what was; nothing has grown yet. */
    synchronized void startAt(long beginning) {
        total = beginning;
        samples.clear();
        samples.add(new Sample(nanoTime.getAsLong(), beginning));
    }

    /** What it has grown to. */
    synchronized void to(long newTotal) {
        total = newTotal;
        samples.add(new Sample(nanoTime.getAsLong(), total));
        dropOld();
    }

    synchronized long total() {
        return total;
    }

    synchronized double perSecond() {
        dropOld();
        Sample oldest = samples.getFirst();
        long nanos = nanoTime.getAsLong() - oldest.nanos;
        return nanos <= 0 ? 0 : (total - oldest.total) * 1e9 / nanos;
    }

    /** Keeps the youngest sample that is older than the window: the rate counts from there. */
    private void dropOld() {
        long start = nanoTime.getAsLong() - windowNanos;
        while (samples.size() > 1) {
            Sample oldest = samples.removeFirst();
            if (samples.getFirst().nanos > start) {
                samples.addFirst(oldest);
                return;
            }
        }
    }

    private record Sample(long nanos, long total) {}
}
