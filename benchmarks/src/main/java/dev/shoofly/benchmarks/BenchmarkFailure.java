package dev.shoofly.benchmarks;

/** What was measured is not what should have been done, so that its rate means nothing. */
final class BenchmarkFailure extends RuntimeException {
    BenchmarkFailure(String message) {
        super(message);
    }

    BenchmarkFailure(String message, Throwable cause) {
        super(message, cause);
    }
}
