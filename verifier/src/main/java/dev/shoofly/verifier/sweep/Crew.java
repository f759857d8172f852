package dev.shoofly.verifier.sweep;

import dev.shoofly.model.KeyRange;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Threads that compare ranges ahead of whoever takes the results. Each asks the throttle before every range, and pays it for its
 * own. Used and closed by one thread.
 */
final class Crew implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Crew.class);
    /** A process sets so many connections aside; more were no faster on the machines that this was measured on. */
    private static final int MOST_THREADS = 8;

    /** Ranges that may wait for each thread, so that none is idle while a batch of suspects is settled. */
    private static final int AHEAD = 8;

    private static final Duration ENDS_WITHIN = Duration.ofSeconds(30);
    private static final AtomicInteger NUMBER = new AtomicInteger();

    private final RangeReader reader;
    private final IntSupplier wanted;
    private final ThreadPoolExecutor threads;

    /** @param wanted threads; asked again and again, for it may change */
    Crew(RangeReader reader, IntSupplier wanted) {
        this.reader = reader;
        this.wanted = wanted;
        this.threads = new ThreadPoolExecutor(1, 1, 0, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> {
            Thread thread = new Thread(task, "shoofly-compare-" + NUMBER.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        });
    }

    /** How many there are from now on. */
    int size() {
        int size = Math.max(1, Math.min(MOST_THREADS, wanted.getAsInt()));
        // The one may never be above the other.
        if (size > threads.getMaximumPoolSize()) {
            threads.setMaximumPoolSize(size);
            threads.setCorePoolSize(size);
        } else {
            threads.setCorePoolSize(size);
            threads.setMaximumPoolSize(size);
        }
        return size;
    }

    /** How many ranges should be under way. */
    int ahead() {
        return AHEAD * size();
    }

    Future<ComparedRange> compare(KeyRange range) {
        return threads.submit(() -> reader.read(range));
    }

    /** Whether it has ended by then, well or not. */
    boolean isDoneWithin(Future<ComparedRange> under, Duration time) throws InterruptedException {
        try {
            under.get(time.toMillis(), TimeUnit.MILLISECONDS);
            return true;
        } catch (ExecutionException e) {
            return true;
        } catch (TimeoutException e) {
            return false;
        }
    }

    /**
     * Waits for it. What failed is looked at once more by this thread: the server may be back by now; and what it says then is
     * thrown.
     */
    ComparedRange result(Future<ComparedRange> under, KeyRange range) throws InterruptedException {
        try {
            return under.get();
        } catch (ExecutionException e) {
            LOG.debug("a range is compared again", e.getCause());
            return reader.read(range);
        }
    }

    /** Waits for what is being read, so that nothing runs on afterwards. Interrupts those that wait. */
    @Override
    public void close() {
        threads.shutdownNow();
        boolean interrupted = Thread.interrupted();
        try {
            if (!threads.awaitTermination(ENDS_WITHIN.toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.warn("a range is still being read on the server after {} s", ENDS_WITHIN.toSeconds());
            }
        } catch (InterruptedException e) {
            interrupted = true;
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
