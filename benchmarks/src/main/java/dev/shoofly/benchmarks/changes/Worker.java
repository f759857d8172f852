package dev.shoofly.benchmarks.changes;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongFunction;

/**
 * One client of an application, which does one kind of statement again and again, each when the one before it has ended but
 * not more than so many a second. It remembers the longest time between two that succeeded. Owns a thread.
 */
final class Worker implements AutoCloseable {
    private static final long NANOS_BETWEEN = TimeUnit.MILLISECONDS.toNanos(10);
    private static final double OF_A_THOUSAND = 0.999;

    private final String name;
    private final Connection connection;
    private final LongFunction<String> statement;
    private final long rows;
    private final Gaps gaps = new Gaps();
    private final Thread thread;
    private volatile boolean stopped;

    /**
     * @param statement of the number of a row, the text
     * @param rows that there are
     */
    Worker(String name, Connection connection, LongFunction<String> statement, long rows) {
        this.name = name;
        this.connection = connection;
        this.statement = statement;
        this.rows = rows;
        this.thread = new Thread(this::work, name);
        thread.start();
    }

    String name() {
        return name;
    }

    private void work() {
        try (Statement sql = connection.createStatement()) {
            while (!stopped) {
                long begun = System.nanoTime();
                try {
                    sql.execute(statement.apply(ThreadLocalRandom.current().nextLong(1, rows + 1)));
                    gaps.succeeded();
                } catch (SQLException e) {
                    gaps.failed(e);
                }
                LockSupport.parkNanos(NANOS_BETWEEN - (System.nanoTime() - begun));
            }
        } catch (SQLException e) {
            gaps.failed(e);
        }
    }

    /** Forgets what was before. */
    void begin() {
        gaps.begin();
    }

    /** The longest time without a success since {@link #begin}, also if it still lasts. */
    long longestMillis() {
        return gaps.longestMillis();
    }

    /** Of a thousand gaps since {@link #begin} the longest but one. */
    long usualMillis() {
        return gaps.quantileMillis(OF_A_THOUSAND);
    }

    long failures() {
        return gaps.failures();
    }

    String lastFailure() {
        return gaps.lastFailure();
    }

    @Override
    public void close() throws SQLException {
        stopped = true;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        connection.close();
    }
}
