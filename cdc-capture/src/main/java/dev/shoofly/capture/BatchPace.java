package dev.shoofly.capture;

import java.time.Duration;

/**
 * Lets changes gather before the next batch is read, while nobody waits for them: fewer and larger batches cost everybody
 * behind them less, down to the transactions of the appliers. What gathers stays in Debezium's queue and in the log.
 */
final class BatchPace {
    /** After a batch of so many events there is a backlog, which is worked off without a wait. */
    private static final int LARGE = 1_000;

    private long intervalNanos;

    /** From now on; a wait that is under way ends. Any thread. */
    synchronized void gather(Duration interval) {
        intervalNanos = interval.toNanos();
        notifyAll();
    }

    /**
     * Returns when the next batch may be read. Debezium's polling thread.
     *
     * @param events in the batch just done
     * @param began nano time at which it began
     */
    synchronized void awaitNext(int events, long began) throws InterruptedException {
        if (events >= LARGE) {
            return;
        }
        long left = began + intervalNanos - System.nanoTime();
        while (left > 0) {
            wait(left / 1_000_000 + 1);
            left = began + intervalNanos - System.nanoTime();
        }
    }
}
