package dev.shoofly.benchmarks.load;

import dev.shoofly.benchmarks.reference.ConnectionSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The running application: four writers and four readers, each on a schedule of its own that does not wait for the server.
 * After {@link #close} it tells what was measured, for any times of the JVM's clock.
 */
public final class Traffic implements AutoCloseable {
    public static final int WRITERS = 4;
    public static final int READERS = 4;
    private static final Duration STOP_LIMIT = Duration.ofSeconds(60);

    private final Findings findings = new Findings();
    private final List<OperationLog> writes = new ArrayList<>();
    private final List<OperationLog> reads = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private volatile boolean stopped;

    private Traffic() {}

    /**
     * Lets all clients begin.
     *
     * @param rate writes per second, and as many reads per second
     * @param ledger of {@link #WRITERS} writers
     */
    public static Traffic start(ConnectionSource source, int rate, Ledger ledger) {
        Traffic traffic = new Traffic();
        long now = System.nanoTime();
        for (int i = 0; i < WRITERS; i++) {
            OperationLog log = schedule(now, rate, i, WRITERS);
            traffic.writes.add(log);
            traffic.begin(
                    "load-writer-" + i,
                    new Writer(source, log, () -> traffic.stopped, ledger.share(i), traffic.findings, i));
        }
        for (int i = 0; i < READERS; i++) {
            OperationLog log = schedule(now, rate, i, READERS);
            traffic.reads.add(log);
            traffic.begin(
                    "load-reader-" + i,
                    new Reader(source, log, () -> traffic.stopped, ledger, traffic.findings, WRITERS + i));
        }
        traffic.threads.forEach(Thread::start);
        return traffic;
    }

    private static OperationLog schedule(long now, int rate, int index, int clients) {
        long interval = TimeUnit.SECONDS.toNanos(clients) / rate;
        return new OperationLog(now + interval * index / clients, interval);
    }

    private void begin(String name, Client client) {
        Thread thread = new Thread(client, name);
        thread.setDaemon(true);
        // A client that died in silence would make the result look better than it is.
        thread.setUncaughtExceptionHandler((died, error) -> findings.wrong(died.getName() + " died: " + error));
        threads.add(thread);
    }

    /** Lets operations in flight finish. */
    @Override
    public void close() {
        stopped = true;
        long deadline = System.nanoTime() + STOP_LIMIT.toNanos();
        for (Thread thread : threads) {
            try {
                thread.join(Math.max(1, TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime())));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            if (thread.isAlive()) {
                findings.wrong(thread.getName() + " still waits for its last answer");
            }
        }
    }

    public Findings findings() {
        return findings;
    }

    /** Of the writes that were due within this time. After close, as everything below. */
    public Timings writes(long fromNanos, long toNanos) {
        return Timings.of(writes, fromNanos, toNanos);
    }

    public Timings reads(long fromNanos, long toNanos) {
        return Timings.of(reads, fromNanos, toNanos);
    }

    /** The longest time without the end of a write that touches this window. */
    public Duration longestWriteGap(long fromNanos, long toNanos) {
        return Duration.ofNanos(Timings.longestGapNanos(writes, fromNanos, toNanos));
    }
}
