package dev.shoofly.benchmarks;

/**
 * Sizes of the latency benchmark.
 *
 * @param rows of the table; each is changed at most once every {@code rows / rate} seconds
 * @param rate changes, and transactions, per second
 * @param seconds measured with the pipeline
 * @param warmUpSeconds with the pipeline, thrown away
 * @param plainSeconds measured without the pipeline
 */
record LatencyOptions(
        int rows, int rate, int partitions, int threads, int seconds, int warmUpSeconds, int plainSeconds) {}
