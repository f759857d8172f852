package dev.shoofly.coordinator;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** One named daemon thread that does some work again and again. The work must not throw: it would not be repeated. */
final class RepeatingThread implements AutoCloseable {
    private static final Duration END_WITHIN = Duration.ofSeconds(10);
    private final ScheduledExecutorService executor;

    RepeatingThread(String name) {
        this.executor = Executors.newSingleThreadScheduledExecutor(work -> {
            Thread thread = new Thread(work, name);
            thread.setDaemon(true);
            return thread;
        });
    }

    /** @param pause between the end of the work and its next start */
    void repeat(Runnable work, Duration delay, Duration pause) {
        executor.scheduleWithFixedDelay(work, delay.toMillis(), pause.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Interrupts the work and waits, for a while, until it has ended. */
    @Override
    public void close() {
        executor.shutdownNow();
        try {
            executor.awaitTermination(END_WITHIN.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
