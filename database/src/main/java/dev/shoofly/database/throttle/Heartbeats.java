package dev.shoofly.database.throttle;

import java.time.Duration;
import java.util.Arrays;

/**
 * When this process wrote which number. A copy of the data that shows an older number lags by the age of the first number
 * that it lacks: two readings of one clock, so that the clocks of two machines need not agree. Thread-safe.
 */
public final class Heartbeats {
    private static final int MOST = 4_096;
    /** Of an age. Three days take 1,500 numbers. */
    private static final double SMALLEST_GAP = 0.01;

    private final long[] numbers = new long[MOST];
    private final long[] times = new long[MOST];
    private int count;

    /**
     * @param number greater than those before; others are ignored
     * @param nanos when it was visible on the server, as {@link System#nanoTime} counts
     */
    public synchronized void wrote(long number, long nanos) {
        if (count > 0 && number <= numbers[count - 1]) {
            return;
        }
        if (count == MOST) {
            thinOut(nanos);
        }
        numbers[count] = number;
        times[count] = nanos;
        count++;
    }

    /** The gaps that this leaves are small beside the age of what is on their other side, so days fit. */
    private void thinOut(long nowNanos) {
        int kept = 1;
        for (int i = 1; i < count; i++) {
            if ((times[i] - times[kept - 1]) >= SMALLEST_GAP * (nowNanos - times[i])) {
                numbers[kept] = numbers[i];
                times[kept] = times[i];
                kept++;
            }
        }
        count = kept;
    }

    /**
     * @param seen the greatest number that the other side shows
     * @return how long it has lacked the next one; zero when it lacks none
     */
    public synchronized Duration behind(long seen, long nowNanos) {
        int at = Arrays.binarySearch(numbers, 0, count, seen);
        int next = at < 0 ? -at - 1 : at + 1;
        return next == count ? Duration.ZERO : Duration.ofNanos(Math.max(0, nowNanos - times[next]));
    }
}
