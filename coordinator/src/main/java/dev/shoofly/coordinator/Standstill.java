package dev.shoofly.coordinator;

import dev.shoofly.database.connection.Retry;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Waiting for other processes to say that they stand still. Any thread. */
final class Standstill {
    private static final Duration LOOK_EVERY = Duration.ofMillis(100);

    private Standstill() {}

    /**
     * Waits until nobody is busy; restarts of the server are outlasted. An interrupt ends the wait and stays set.
     *
     * @param what is asked of the server, for the log
     * @param busy names, asked again and again
     * @return those that are busy still when the time is over
     */
    static List<String> await(String what, Supplier<List<String>> busy, Duration limit) {
        long giveUpAt = System.nanoTime() + limit.toNanos();
        while (true) {
            List<String> found = Retry.OUTLAST_RESTART.call(what, busy::get);
            if (found.isEmpty() || System.nanoTime() > giveUpAt) {
                return found;
            }
            try {
                TimeUnit.MILLISECONDS.sleep(LOOK_EVERY.toMillis());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return found;
            }
        }
    }
}
