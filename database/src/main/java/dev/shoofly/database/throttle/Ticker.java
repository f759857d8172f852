package dev.shoofly.database.throttle;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** One named daemon thread that does some work again and again. The work must not throw: it would not be repeated. */
final class Ticker implements AutoCloseable {
    private static final Duration END_WITHIN = Duration.ofSeconds(10);
    private final ScheduledExecutorService executor;
    private final Duration pause;
    private final Runnable work;

    /** @param pause between the end of the work and its next start */
    Ticker(String name, Duration pause, Runnable work) {
        this.executor = Executors.newSingleThreadScheduledExecutor(run -> {
            Thread thread = new Thread(run, name);
            thread.setDaemon(true);
            return thread;
        });
        this.pause = pause;
        this.work = work;
    }

    void start() {
        Future<?> repeated = executor.scheduleWithFixedDelay(work, 0, pause.toMillis(), TimeUnit.MILLISECONDS);
        assert !repeated.isDone() || repeated.isCancelled();
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
