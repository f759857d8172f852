package dev.shoofly.benchmarks;

import java.util.List;

/**
 * Sizes of the load benchmark.
 *
 * @param rows of the table at the begin
 * @param rate writes per second, and as many reads
 * @param warmUpSeconds thrown away
 * @param baselineSeconds measured without the migration
 * @param afterSeconds measured after it
 * @param migrate further options of {@code shoofly migrate}
 */
record LoadOptions(
        long rows, int rate, int warmUpSeconds, int baselineSeconds, int afterSeconds, List<String> migrate) {
    LoadOptions {
        migrate = List.copyOf(migrate);
    }
}
