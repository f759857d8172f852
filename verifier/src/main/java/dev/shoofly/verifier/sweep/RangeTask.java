package dev.shoofly.verifier.sweep;

import dev.shoofly.model.KeyRange;

/**
 * One range that somebody is to compare.
 *
 * @param run of which sweep; a greater one is younger
 * @param server that the owner compares on: another one, such as a replica of it, may not have what was applied by now
 * @param number within the sweep, from 0, in the order of the key
 */
record RangeTask(long run, String server, long number, KeyRange range) {
    /** A run's upper part is the migration's epoch: a clock that goes back between two owners does no harm. */
    private static final long RUNS_PER_EPOCH = 10_000_000_000_000L;

    /** @param startedMillis since 1970 */
    static long run(long epoch, long startedMillis) {
        return Math.addExact(Math.multiplyExact(epoch, RUNS_PER_EPOCH), startedMillis);
    }

    /** Of the owner that made it. */
    long epoch() {
        return run / RUNS_PER_EPOCH;
    }
}
