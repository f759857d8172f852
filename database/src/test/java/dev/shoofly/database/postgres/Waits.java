package dev.shoofly.database.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waiting on a condition of the server. */
final class Waits {
    private static final long MOST_NANOS = 20_000_000_000L;

    private Waits() {}

    static void until(BooleanSupplier condition) {
        long giveUpAt = System.nanoTime() + MOST_NANOS;
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("the condition came true in time").isLessThan(giveUpAt);
            LockSupport.parkNanos(5_000_000);
        }
    }
}
