package dev.shoofly.benchmarks;

/** Sizes of the capture benchmark: rows of each table. */
record CaptureOptions(int rows, int partitions) {}
