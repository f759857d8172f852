package dev.shoofly.backfill;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The workers of one run, whose number may change while they work. Used by one thread; owns the workers' threads. */
final class Crew implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Crew.class);
    private static final Duration STOP_TIMEOUT = Duration.ofSeconds(30);
    private final String name;
    private final Work work;
    private final ExecutorService threads;
    private final CompletionService<Boolean> ended;
    private final Deque<AtomicBoolean> wanted = new ArrayDeque<>();
    private int alive;

    /** What each worker does. */
    @FunctionalInterface
    interface Work {
        /**
         * Works until nothing is left.
         *
         * @param wanted false once the worker is to end early, at the next point where that loses nothing
         * @return whether nothing is left for anybody; false: it was not wanted any more
         */
        boolean run(BooleanSupplier wanted) throws Exception;
    }

    /** @param name of the threads, with a number behind it */
    Crew(String name, Work work) {
        this.name = name;
        this.work = work;
        AtomicInteger number = new AtomicInteger();
        // A thread per worker, and none left of a worker that has ended.
        this.threads = new ThreadPoolExecutor(
                0,
                Integer.MAX_VALUE,
                0,
                TimeUnit.SECONDS,
                new SynchronousQueue<>(),
                task -> new Thread(task, name + "-" + number.incrementAndGet()));
        this.ended = new ExecutorCompletionService<>(threads);
    }

    /** Starts workers, or tells the youngest that they are not wanted any more, until there are so many. */
    void keep(int workers) {
        while (wanted.size() < workers) {
            AtomicBoolean one = new AtomicBoolean(true);
            wanted.addLast(one);
            alive++;
            ended.submit(() -> work.run(one::get));
        }
        while (wanted.size() > workers) {
            wanted.removeLast().set(false);
        }
    }

    /**
     * Waits a while for the end of the work.
     *
     * @return whether nothing is left to do, or everybody has ended
     * @throws ExecutionException the first failure of a worker
     */
    boolean isEndedWithin(Duration time) throws InterruptedException, ExecutionException {
        Future<Boolean> one = ended.poll(time.toMillis(), TimeUnit.MILLISECONDS);
        while (one != null) {
            alive--;
            if (one.get()) {
                return true;
            }
            one = ended.poll();
        }
        return alive == 0;
    }

    /** Waits for what is in flight, so that nothing runs on afterwards. Interrupts those that wait. */
    @Override
    public void close() {
        threads.shutdownNow();
        boolean interrupted = Thread.interrupted();
        try {
            if (!threads.awaitTermination(STOP_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.warn(
                        "{}: a chunk is still running on the server after {} s; the next owner's fence waits for it",
                        name,
                        STOP_TIMEOUT.toSeconds());
            }
        } catch (InterruptedException e) {
            interrupted = true;
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
