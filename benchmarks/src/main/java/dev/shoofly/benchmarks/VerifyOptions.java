package dev.shoofly.benchmarks;

import java.time.Duration;
import java.util.List;

/**
 * Sizes of the verification benchmark.
 *
 * @param rows of the table at the begin
 * @param rate writes per second, and as many reads
 * @param baseline measured with the load alone, after as long a warm-up
 * @param underLoad for how long the table is compared again and again beside the load
 * @param migrate further options of {@code shoofly migrate}
 */
record VerifyOptions(long rows, int rate, Duration baseline, Duration underLoad, List<String> migrate) {
    private static final long LEAST_ROWS = 1_000;
    private static final int MOST_RATE = 100_000;

    VerifyOptions {
        migrate = List.copyOf(migrate);
        if (rows < LEAST_ROWS || rate < 1 || rate > MOST_RATE || underLoad.isNegative() || underLoad.isZero()) {
            throw new BenchmarkFailure("--rows must be at least " + LEAST_ROWS + ", --rate from 1 to " + MOST_RATE
                    + " and --minutes above 0");
        }
    }
}
