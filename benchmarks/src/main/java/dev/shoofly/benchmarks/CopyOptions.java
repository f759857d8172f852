package dev.shoofly.benchmarks;

import java.util.List;

/**
 * Sizes of the copy benchmark.
 *
 * @param rows of the table
 * @param connections of the plain copy to try; the best counts
 * @param migrate further options of {@code shoofly migrate}
 */
record CopyOptions(long rows, List<Integer> connections, List<String> migrate) {
    CopyOptions {
        connections = List.copyOf(connections);
        migrate = List.copyOf(migrate);
        if (rows < 1 || connections.stream().anyMatch(number -> number < 1)) {
            throw new BenchmarkFailure("--rows and --connections must be at least 1");
        }
    }
}
