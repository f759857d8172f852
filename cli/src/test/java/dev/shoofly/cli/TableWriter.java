package dev.shoofly.cli;

import dev.shoofly.servers.DatabaseServer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Somebody else who writes to a table {@code (id, amount)} while it is migrated, and remembers what was acknowledged; through
 * restarts of the server as well, but for the row whose write was not answered. Owns its thread.
 */
final class TableWriter implements AutoCloseable {
    private static final long PAUSE_NANOS = 8_000_000;

    private final DatabaseServer server;
    private final String table;
    private final Map<Long, Long> acknowledged;
    private final Set<Long> unknown = new HashSet<>();
    private final boolean serverMayRestart;
    private final Thread thread = new Thread(this::run, "table-writer");
    private volatile boolean stopped;
    private final AtomicLong writes = new AtomicLong();
    private volatile @Nullable SQLException error;

    private TableWriter(DatabaseServer server, String table, Map<Long, Long> initial, boolean serverMayRestart) {
        this.serverMayRestart = serverMayRestart;
        this.server = server;
        this.table = table;
        this.acknowledged = new TreeMap<>(initial);
    }

    static TableWriter start(DatabaseServer server, String table, Map<Long, Long> initial) {
        return start(new TableWriter(server, table, initial, false));
    }

    /** A write that fails is no error then, but {@link #unknown} names its row. */
    static TableWriter startThroughRestarts(DatabaseServer server, String table, Map<Long, Long> initial) {
        return start(new TableWriter(server, table, initial, true));
    }

    private static TableWriter start(TableWriter writer) {
        writer.thread.start();
        return writer;
    }

    long writes() {
        return writes.get();
    }

    /** Stops, and tells what the table must hold. */
    Map<Long, Long> stop() throws SQLException {
        close();
        SQLException seen = error;
        if (seen != null) {
            throw seen;
        }
        return acknowledged;
    }

    /** Rows whose last write was not answered, after {@link #stop}; never written again since. */
    Set<Long> unknown() {
        return unknown;
    }

    private void run() {
        Random random = new Random(7);
        while (!stopped) {
            long id = 0;
            try (Connection connection =
                            DriverManager.getConnection(server.jdbcUrl(), server.user(), server.password());
                    PreparedStatement insert =
                            connection.prepareStatement("INSERT INTO " + table + " (id, amount) VALUES (?, ?)");
                    PreparedStatement update =
                            connection.prepareStatement("UPDATE " + table + " SET amount = ? WHERE id = ?");
                    PreparedStatement delete = connection.prepareStatement("DELETE FROM " + table + " WHERE id = ?")) {
                while (!stopped) {
                    id = 1L + random.nextInt(20_000);
                    if (!unknown.contains(id)) {
                        write(id, random, insert, update, delete);
                    }
                }
            } catch (SQLException e) {
                unknown.add(id);
                if (!serverMayRestart) {
                    error = e;
                    return;
                }
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        }
    }

    private void write(
            long id, Random random, PreparedStatement insert, PreparedStatement update, PreparedStatement delete)
            throws SQLException {
        long amount = random.nextInt(1_000_000);
        if (!acknowledged.containsKey(id)) {
            insert.setLong(1, id);
            insert.setLong(2, amount);
            insert.executeUpdate();
            acknowledged.put(id, amount);
        } else if (random.nextInt(4) == 0) {
            delete.setLong(1, id);
            delete.executeUpdate();
            acknowledged.remove(id);
        } else {
            update.setLong(1, amount);
            update.setLong(2, id);
            update.executeUpdate();
            acknowledged.put(id, amount);
        }
        writes.incrementAndGet();
        LockSupport.parkNanos(PAUSE_NANOS);
    }

    @Override
    public void close() {
        stopped = true;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
