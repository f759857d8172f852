package dev.shoofly.benchmarks;

import java.time.Duration;

/**
 * What was done in a measured time.
 *
 * @param changes taken from the topic
 * @param keys written, after deduplication
 * @param retries attempts that were rolled back
 * @param nanos how long it took
 * @param cpu see {@link CpuTime}
 */
record Work(long changes, long keys, long batches, long retries, long nanos, Duration cpu) {
    double keysPerSecond() {
        return keys * 1e9 / nanos;
    }

    double changesPerSecond() {
        return changes * 1e9 / nanos;
    }

    double cpuMicrosPerKey() {
        return cpu.toNanos() / 1e3 / keys;
    }
}
