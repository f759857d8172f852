package dev.shoofly.benchmarks;

import java.util.concurrent.TimeUnit;

/** Places moments of the wall clock, which the server shares, on the JVM's own clock. */
final class WallClock {
    private final long nanosAtEpoch = System.nanoTime() - TimeUnit.MILLISECONDS.toNanos(System.currentTimeMillis());

    long nanos(long epochMillis) {
        return nanosAtEpoch + TimeUnit.MILLISECONDS.toNanos(epochMillis);
    }
}
