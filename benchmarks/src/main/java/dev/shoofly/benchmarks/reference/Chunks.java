package dev.shoofly.benchmarks.reference;

import dev.shoofly.database.connection.ConnectionPool;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;

/**
 * One statement for each range of keys, on several connections that take the next range when they are done with one. Each
 * statement commits by itself.
 *
 * @param sql parameters: first and last key of a range
 * @param session statements that prepare each connection
 * @param rows keys 1 to this
 * @param chunkRows keys in a range
 */
public record Chunks(String sql, List<String> session, long rows, int chunkRows) {
    public Chunks {
        session = List.copyOf(session);
    }

    /**
     * Blocks until all ranges are done.
     *
     * @return from the first statement's begin to the last one's end; opening the connections is not in it
     */
    public Duration run(ConnectionSource source, int connections) throws SQLException, InterruptedException {
        AtomicLong next = new AtomicLong(1);
        List<Connection> open = new ArrayList<>();
        ExecutorService threads = Executors.newFixedThreadPool(connections);
        try {
            List<Callable<Boolean>> workers = new ArrayList<>();
            for (int i = 0; i < connections; i++) {
                Connection connection = source.connect();
                open.add(connection);
                for (String statement : session) {
                    ConnectionPool.execute(connection, statement);
                }
                workers.add(() -> work(connection, next));
            }
            long began = System.nanoTime();
            for (Future<Boolean> worker : threads.invokeAll(workers)) {
                worker.get();
            }
            return Duration.ofNanos(System.nanoTime() - began);
        } catch (ExecutionException e) {
            throw new SQLException("a range could not be written: " + e.getCause(), e);
        } finally {
            threads.shutdownNow();
            for (Connection connection : open) {
                connection.close();
            }
        }
    }

    private boolean work(Connection connection, AtomicLong next) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            long first = next.getAndAdd(chunkRows);
            while (first <= rows) {
                statement.setLong(1, first);
                statement.setLong(2, Math.min(rows, first + chunkRows - 1));
                statement.executeUpdate();
                first = next.getAndAdd(chunkRows);
            }
        }
        return true;
    }
}
