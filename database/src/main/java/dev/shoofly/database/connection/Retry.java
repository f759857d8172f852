package dev.shoofly.database.connection;

import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.ShooflyException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tries again after transient errors, with growing, jittered pauses, until a total time has passed. Interrupts propagate
 * as an AMBIGUOUS-free {@link ShooflyException} of kind SUPERSEDED with the thread's interrupt flag set.
 *
 * @param total longest time from the first failure to giving up
 * @param firstPause pause after the first failure; doubles up to {@code longestPause}
 * @param onRetry told of each failure that is going to be tried again
 */
public record Retry(Duration total, Duration firstPause, Duration longestPause, Consumer<Throwable> onRetry) {
    private static final Logger LOG = LoggerFactory.getLogger(Retry.class);

    /** Outlives a restart of the server. */
    public static final Retry OUTLAST_RESTART =
            new Retry(Duration.ofMinutes(10), Duration.ofMillis(50), Duration.ofSeconds(5), error -> {});

    public Retry notifying(Consumer<Throwable> listener) {
        return new Retry(total, firstPause, longestPause, listener);
    }

    /** @param what for messages: what is being done, on which object */
    public <T> T call(String what, Callable<T> work) {
        long giveUpAt = 0;
        long pause = firstPause.toMillis();
        Throwable first = null;
        while (true) {
            long begun = System.nanoTime();
            try {
                return work.call();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw interrupted(what, e);
            } catch (Exception e) {
                if (Thread.currentThread().isInterrupted()) {
                    throw interrupted(what, e);
                }
                if (!SqlErrors.isTransient(e)) {
                    throw asRuntime(what, e);
                }
                if (System.nanoTime() - begun > 2 * total.toNanos()) {
                    // So long an attempt was held up (a migration can be paused for days), and then failed for once.
                    first = null;
                }
                if (first == null) {
                    first = e;
                    giveUpAt = System.nanoTime() + total.toNanos();
                    LOG.warn("{}: {}; trying again for up to {} s", what, e.getMessage(), total.toSeconds());
                } else if (System.nanoTime() > giveUpAt) {
                    e.addSuppressed(first);
                    throw asRuntime(what + " (given up after " + total.toSeconds() + " s)", e);
                }
                onRetry.accept(e);
            }
            pause = sleep(what, pause);
        }
    }

    private long sleep(String what, long pause) {
        try {
            Thread.sleep(pause / 2 + ThreadLocalRandom.current().nextLong(pause / 2 + 1));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw interrupted(what, e);
        }
        return Math.min(pause * 2, longestPause.toMillis());
    }

    private static ShooflyException interrupted(String what, Throwable cause) {
        return new ShooflyException(ErrorKind.SUPERSEDED, what + " was interrupted", cause);
    }

    private static RuntimeException asRuntime(String what, Exception error) {
        if (error instanceof ShooflyException known) {
            return known;
        }
        return new ShooflyException(ErrorKind.REFUSED, what + " failed: " + error.getMessage(), error);
    }
}
