package dev.shoofly.applier;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waits on a condition. */
final class Await {
    private Await() {}

    static void until(BooleanSupplier condition) {
        until(Duration.ofSeconds(60), condition);
    }

    static void until(Duration atMost, BooleanSupplier condition) {
        long giveUpAt = System.nanoTime() + atMost.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > giveUpAt) {
                throw new AssertionError("not within " + atMost.toSeconds() + " s");
            }
            LockSupport.parkNanos(Duration.ofMillis(5).toNanos());
        }
    }
}
