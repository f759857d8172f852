package dev.shoofly.cli.demo;

import dev.shoofly.database.connection.ConnectionProfile;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** The application: writers and readers, together at the wanted rate. Owns their threads. */
final class Workload implements AutoCloseable {
    static final int WRITERS = 8;
    static final int READERS = 4;

    /** Four fifths of the operations write. */
    private static final double WRITE_SHARE = 0.8;

    private static final Duration STOP_LIMIT = Duration.ofSeconds(20);

    private final List<Client> writers = new ArrayList<>();
    private final List<Client> readers = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private volatile boolean stopped;

    private final Ledger ledger;
    private final double rate;
    private final long begun = System.nanoTime();
    private long ended = begun;

    private Workload(double rate, Ledger ledger) {
        this.rate = rate;
        this.ledger = ledger;
    }

    /** @param rate operations per second, all clients together */
    static Workload start(ConnectionProfile profile, double rate, Ledger ledger) {
        Workload workload = new Workload(rate, ledger);
        for (int i = 0; i < WRITERS; i++) {
            workload.writers.add(
                    new Writer(profile, rate * WRITE_SHARE / WRITERS, i, WRITERS, ledger, () -> workload.stopped));
        }
        for (int i = 0; i < READERS; i++) {
            workload.readers.add(new Reader(
                    profile, rate * (1 - WRITE_SHARE) / READERS, i, READERS, ledger, () -> workload.stopped));
        }
        workload.begin("shoofly-demo-writer-", workload.writers);
        workload.begin("shoofly-demo-reader-", workload.readers);
        return workload;
    }

    private void begin(String name, List<Client> clients) {
        for (int i = 0; i < clients.size(); i++) {
            Thread thread = new Thread(clients.get(i), name + i);
            thread.setDaemon(true);
            // A client that died in silence would make the result look better than it is.
            thread.setUncaughtExceptionHandler((died, error) -> ledger.error(died.getName() + " died: " + error));
            threads.add(thread);
            thread.start();
        }
    }

    /** Lets operations in flight finish. */
    @Override
    public void close() {
        stopped = true;
        ended = System.nanoTime();
        long deadline = System.nanoTime() + STOP_LIMIT.toNanos();
        for (Thread thread : threads) {
            try {
                thread.join(Math.max(1, (deadline - System.nanoTime()) / 1_000_000));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
            if (thread.isAlive()) {
                ledger.error(thread.getName() + " still waits for its last answer");
            }
        }
    }

    /** What part of the scheduled operations was done; less than 1 on a machine that could not keep up. After close. */
    double shareDone() {
        long done = writers.stream().mapToLong(client -> client.log().size()).sum()
                + readers.stream().mapToLong(client -> client.log().size()).sum();
        return done / Math.max(1, rate * (ended - begun) / 1e9);
    }

    /** After close. */
    Duration longestWrite(CutoverWindow window) {
        return longest(writers, window);
    }

    /** After close. */
    Duration longestRead(CutoverWindow window) {
        return longest(readers, window);
    }

    private static Duration longest(List<Client> clients, CutoverWindow window) {
        return Duration.ofNanos(clients.stream()
                .mapToLong(client -> client.log().longestWithin(window.fromNanos(), window.toNanos()))
                .max()
                .orElse(0));
    }
}
