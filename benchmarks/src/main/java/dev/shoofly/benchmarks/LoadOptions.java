package dev.shoofly.benchmarks;

import java.util.List;

/**
 * Sizes of the load benchmark.
 *
 * @param rows of the table at the begin
 * @param rate writes per second, and as many reads
 * @param warmUpSeconds thrown away
 * @param baselineSeconds measured without the migration
 * @param plainCopySeconds for which a plain copy runs beside the load, before the migration; 0: none
 * @param readerPairs how often the load beside a {@link LogReader} is measured before the migration; 0: never
 * @param afterSeconds measured after it
 * @param migrate further options of {@code shoofly migrate}
 */
record LoadOptions(
        long rows,
        int rate,
        int warmUpSeconds,
        int baselineSeconds,
        int plainCopySeconds,
        int readerPairs,
        int afterSeconds,
        List<String> migrate) {
    /** Fewer would all be deleted before long. */
    private static final long LEAST_ROWS = 1_000;

    private static final int MOST_RATE = 100_000;

    LoadOptions {
        migrate = List.copyOf(migrate);
        if (rows < LEAST_ROWS
                || rate < 1
                || rate > MOST_RATE
                || baselineSeconds < 1
                || plainCopySeconds < 0
                || readerPairs < 0
                || afterSeconds < 0) {
            throw new BenchmarkFailure(
                    "--rows must be at least " + LEAST_ROWS + ", --rate from 1 to " + MOST_RATE
                            + ", --seconds-baseline at least 1, --seconds-plain-copy, --reader-pairs and --seconds-after not negative");
        }
    }
}
