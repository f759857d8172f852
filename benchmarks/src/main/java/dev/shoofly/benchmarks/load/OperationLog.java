package dev.shoofly.benchmarks.load;

import java.util.Arrays;

/**
 * When each operation of one client was due, how late it began and how long it took. Eight bytes each, so that hours fit.
 * The client's thread writes; anybody reads once that has ended.
 */
final class OperationLog {
    private static final int FIRST_SIZE = 1 << 16;

    private final long firstDueNanos;
    private final long intervalNanos;
    private int[] lateMicros = new int[FIRST_SIZE];
    private int[] serviceMicros = new int[FIRST_SIZE];
    private int size;

    /** @param firstDueNanos of the JVM's clock */
    OperationLog(long firstDueNanos, long intervalNanos) {
        this.firstDueNanos = firstDueNanos;
        this.intervalNanos = intervalNanos;
    }

    /** The next operation is over. */
    void add(long beganNanos, long endedNanos) {
        if (size == lateMicros.length) {
            lateMicros = Arrays.copyOf(lateMicros, 2 * size);
            serviceMicros = Arrays.copyOf(serviceMicros, 2 * size);
        }
        lateMicros[size] = micros(beganNanos - dueNanos(size));
        serviceMicros[size] = micros(endedNanos - beganNanos);
        size++;
    }

    private static int micros(long nanos) {
        // Half an hour late is late enough to be told apart from everything else.
        return (int) Math.min(Integer.MAX_VALUE / 2, nanos / 1_000);
    }

    int size() {
        return size;
    }

    /** When the operation should have begun, also of those that are still to come. */
    long dueNanos(int operation) {
        return firstDueNanos + operation * intervalNanos;
    }

    /** From begin to end. */
    int serviceMicros(int operation) {
        return serviceMicros[operation];
    }

    /** From the moment when it was due to its end. */
    int responseMicros(int operation) {
        return lateMicros[operation] + serviceMicros[operation];
    }

    long endNanos(int operation) {
        return dueNanos(operation) + 1_000L * responseMicros(operation);
    }

    /** The first operation that was due at this moment or later; perhaps one that was never begun. */
    int firstDueAt(long nanos) {
        return (int) Math.max(0, -Math.floorDiv(firstDueNanos - nanos, intervalNanos));
    }
}
