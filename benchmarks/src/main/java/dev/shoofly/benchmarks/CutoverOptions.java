package dev.shoofly.benchmarks;

import java.util.List;

/**
 * Sizes of the cut-over benchmark.
 *
 * @param rows of the table at the begin
 * @param rate writes per second under load, and as many reads
 * @param repetitions migrations on the quiet server, and as many under load
 * @param warmUpSeconds thrown away
 * @param baselineSeconds measured without a migration
 * @param migrate further options of {@code shoofly migrate}
 */
record CutoverOptions(
        long rows, int rate, int repetitions, int warmUpSeconds, int baselineSeconds, List<String> migrate) {
    private static final long LEAST_ROWS = 1_000;
    private static final int MOST_RATE = 100_000;
    private static final int LEAST_BASELINE_SECONDS = 2;

    CutoverOptions {
        migrate = List.copyOf(migrate);
        if (rows < LEAST_ROWS
                || rate < 1
                || rate > MOST_RATE
                || repetitions < 1
                || baselineSeconds < LEAST_BASELINE_SECONDS) {
            throw new BenchmarkFailure("--rows must be at least " + LEAST_ROWS + ", --rate from 1 to " + MOST_RATE
                    + ", --repetitions at least 1 and --seconds-baseline at least " + LEAST_BASELINE_SECONDS);
        }
    }
}
