package dev.shoofly.coordinator;

import dev.shoofly.servers.DatabaseServer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;

/**
 * An application whose every write to {@code ledger} and {@code twin} is a two-phase commit. Up to three transactions are
 * prepared at a time, on sessions of their own; some are committed by the session that prepared them, some by another, and
 * some are rolled back. Each works in a range of keys of its own, for a prepared one keeps its locks.
 */
final class XaWriters implements AutoCloseable {
    private static final int MOST_PREPARED = 3;
    private static final int KEYS = 50;
    private final DatabaseServer server;
    private final Thread thread = new Thread(this::write, "two-phase-application");
    private final Deque<Prepared> prepared = new ArrayDeque<>();
    private final Queue<String> errors = new ConcurrentLinkedQueue<>();
    private final AtomicLong decided = new AtomicLong();
    private final Random random = new Random(1);
    private long number;
    private volatile boolean stop;

    /** @param session the one that prepared it, still open */
    private record Prepared(String xid, Connection session) {}

    XaWriters(DatabaseServer server) {
        this.server = server;
        thread.start();
    }

    private void write() {
        try {
            while (!stop) {
                prepare();
                if (prepared.size() >= MOST_PREPARED) {
                    decideOldest();
                }
            }
            while (!prepared.isEmpty()) {
                decideOldest();
            }
        } catch (SQLException | InterruptedException e) {
            errors.add(e.toString());
        }
    }

    private void prepare() throws SQLException {
        String xid = "'xa " + ++number + "'";
        long first = number % (MOST_PREPARED + 1) * KEYS * 10 + 1;
        Connection session = DriverManager.getConnection(server.jdbcUrl(), server.user(), server.password());
        try (Statement statement = session.createStatement()) {
            statement.execute("XA START " + xid);
            for (String table : new String[] {"ledger", "twin"}) {
                statement.execute(
                        "UPDATE " + table + " SET note = 'xa " + number + "' WHERE id = " + (first + number % KEYS));
                statement.execute("DELETE FROM " + table + " WHERE id = " + (first + KEYS + number % KEYS));
                statement.execute("INSERT INTO " + table + " (id, note) VALUES (" + (first + KEYS + number % KEYS)
                        + ", 'xa insert " + number + "')");
            }
            statement.execute("XA END " + xid);
            if (number % 5 == 0) {
                statement.execute("XA COMMIT " + xid + " ONE PHASE");
                session.close();
                decided.incrementAndGet();
            } else {
                statement.execute("XA PREPARE " + xid);
                prepared.add(new Prepared(xid, session));
            }
        }
    }

    private void decideOldest() throws SQLException, InterruptedException {
        Prepared oldest = prepared.remove();
        String decision = (random.nextInt(3) == 0 ? "XA ROLLBACK " : "XA COMMIT ") + oldest.xid();
        if (random.nextBoolean()) {
            try (Statement statement = oldest.session().createStatement()) {
                statement.execute(decision);
            }
            oldest.session().close();
        } else {
            oldest.session().close();
            byAnother(decision);
        }
        decided.incrementAndGet();
    }

    /** As soon as the server has noticed that the preparing session is gone. */
    private void byAnother(String decision) throws SQLException, InterruptedException {
        try (Connection session = DriverManager.getConnection(server.jdbcUrl(), server.user(), server.password());
                Statement statement = session.createStatement()) {
            while (true) {
                try {
                    statement.execute(decision);
                    return;
                } catch (SQLException e) {
                    boolean stillAttached = e.getErrorCode() == 1397;
                    if (!stillAttached) {
                        throw e;
                    }
                    Thread.sleep(1);
                }
            }
        }
    }

    long decided() {
        return decided.get();
    }

    /** Returns when this many more were decided, or the writer has failed. */
    void awaitMore(long count) throws InterruptedException {
        long target = decided.get() + count;
        while (decided.get() < target && errors.isEmpty()) {
            Thread.sleep(5);
        }
    }

    Queue<String> errors() {
        return errors;
    }

    /** Decides what is prepared. */
    @Override
    public void close() throws InterruptedException {
        stop = true;
        thread.join();
    }
}
