package dev.shoofly.capture;

import java.time.Duration;

/** Knows whether the stream still gives signs. Written by the batch thread, read by the owner. */
final class Liveness {
    /** So many heartbeats may be missing. Debezium's MySQL reader says nothing when the server closes its connection. */
    private static final int MISSED_HEARTBEATS = 5;

    private static final long NEVER = Long.MIN_VALUE;

    private final long limitNanos;
    private volatile long lastSignNanos = NEVER;
    private volatile boolean waiting;

    Liveness(Duration heartbeat) {
        this.limitNanos = heartbeat.multipliedBy(MISSED_HEARTBEATS).toNanos();
    }

    void batchBegins() {
        // While a batch is being written it is Kafka that one waits for.
        waiting = false;
    }

    void batchEnds() {
        lastSignNanos = System.nanoTime();
        waiting = true;
    }

    /** Whether anything has come at all. */
    boolean hasGivenSign() {
        return lastSignNanos != NEVER;
    }

    /** Nothing has come for long, not even a heartbeat; never before the first sign. */
    boolean isSilent() {
        return waiting && System.nanoTime() - lastSignNanos > limitNanos;
    }
}
