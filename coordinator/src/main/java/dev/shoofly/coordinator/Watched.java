package dev.shoofly.coordinator;

import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.ShooflyException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Runs blocking work on a thread of its own while the calling thread keeps looking at everything that may end it: a
 * failed stage, a command, an interrupt. The work must end soon after its thread is interrupted.
 */
final class Watched implements AutoCloseable {
    private static final Duration LOOK_EVERY = Duration.ofMillis(50);
    private static final Duration END_WITHIN = Duration.ofSeconds(30);
    private final ExecutorService executor = Executors.newSingleThreadExecutor(work -> {
        Thread thread = new Thread(work, "shoofly-phase");
        thread.setDaemon(true);
        return thread;
    });
    private final Runnable look;

    /** @param look throws what is to end the work */
    Watched(Runnable look) {
        this.look = look;
    }

    <T> T call(Callable<T> work) {
        Future<T> running = executor.submit(work);
        try {
            while (true) {
                look.run();
                try {
                    return running.get(LOOK_EVERY.toMillis(), TimeUnit.MILLISECONDS);
                } catch (TimeoutException e) {
                    // Not done yet: look again.
                }
            }
        } catch (ExecutionException e) {
            throw unwrapped(e.getCause() == null ? e : e.getCause());
        } catch (InterruptedException e) {
            end(running);
            Thread.currentThread().interrupt();
            throw new ShooflyException(ErrorKind.SUPERSEDED, "the run was interrupted", e);
        } catch (RuntimeException e) {
            end(running);
            throw e;
        }
    }

    /** The work must be over before anything it uses is closed, or its successor would meet it. */
    private void end(Future<?> running) {
        running.cancel(true);
        executor.shutdownNow();
        try {
            executor.awaitTermination(END_WITHIN.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static RuntimeException unwrapped(Throwable cause) {
        if (cause instanceof RuntimeException known) {
            return known;
        }
        return new ShooflyException(ErrorKind.REFUSED, "unexpected: " + cause, cause);
    }

    @Override
    public void close() {
        executor.shutdownNow();
    }
}
