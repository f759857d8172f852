package dev.shoofly.benchmarks;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * An application that changes one row per transaction at a fixed rate, whatever the server does: a write that is late does
 * not make the next one later than it was scheduled. Each connection has a thread of its own.
 */
final class OpenLoad {
    private static final int CONNECTIONS = 4;

    private final Bed bed;
    private final List<Long> order;
    private final int rate;

    /** @param order of the rows, taken round and round */
    OpenLoad(Bed bed, List<Long> order, int rate) {
        this.bed = bed;
        this.order = order;
        this.rate = rate;
    }

    /** Told of each write on the thread that does it. */
    interface Listener {
        /** The change is made and not committed yet. */
        void committing(long id, long nanos);

        /** The server has acknowledged the commit. */
        void committed(long id, long nanos);
    }

    /**
     * Blocks until all is written.
     *
     * @return how much longer than planned that took: the server, or this machine, does not keep up
     */
    double run(int seconds, Listener listener) throws SQLException, InterruptedException {
        AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
        List<Thread> threads = new ArrayList<>();
        List<Connection> connections = new ArrayList<>();
        long began = System.nanoTime();
        try {
            for (int i = 0; i < CONNECTIONS; i++) {
                Connection connection = bed.connect();
                connections.add(connection);
                int first = i;
                Thread thread = new Thread(
                        () -> {
                            try {
                                write(connection, first, began, seconds, listener);
                            } catch (SQLException | RuntimeException e) {
                                failure.compareAndSet(null, e);
                            }
                        },
                        "load-" + i);
                threads.add(thread);
                thread.start();
            }
            for (Thread thread : threads) {
                thread.join();
            }
        } finally {
            for (Connection connection : connections) {
                connection.close();
            }
        }
        Throwable error = failure.get();
        if (error != null) {
            throw new BenchmarkFailure("a write failed: " + error.getMessage(), error);
        }
        return (System.nanoTime() - began) / 1e9 / seconds;
    }

    private void write(Connection connection, int first, long began, int seconds, Listener listener)
            throws SQLException {
        connection.setAutoCommit(false);
        long writes = (long) rate * seconds;
        long interval = TimeUnit.SECONDS.toNanos(1) / rate;
        try (PreparedStatement update = connection.prepareStatement("UPDATE " + OrdersTable.NAME
                + " SET version = version + 1, amount_cents = amount_cents + 1 WHERE id = ?")) {
            for (long i = first; i < writes; i += CONNECTIONS) {
                waitUntil(began + i * interval);
                long id = order.get((int) (i % order.size()));
                update.setLong(1, id);
                update.executeUpdate();
                listener.committing(id, System.nanoTime());
                connection.commit();
                listener.committed(id, System.nanoTime());
            }
        }
    }

    private static void waitUntil(long nanos) {
        long left = nanos - System.nanoTime();
        while (left > 0) {
            LockSupport.parkNanos(left);
            left = nanos - System.nanoTime();
        }
    }
}
