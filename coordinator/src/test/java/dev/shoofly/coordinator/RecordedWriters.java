package dev.shoofly.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.servers.DatabaseServer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Applications that write {@code orders(id, note)} and remember every acknowledged write. Each owns the ids of its residue
 * class, so that the last acknowledged write of a row is known for certain.
 */
final class RecordedWriters implements AutoCloseable {
    private static final int WRITERS = 3;
    /**
     * Between two writes of each. Some 250 a second still change rows in every phase of so short a migration; as fast as the
     * server can, they were a third of a test's processor time, and outran processes that had to start.
     */
    private static final int PAUSE_MILLIS = 10;

    private final DatabaseServer server;
    private final boolean serverMayRestart;
    private final int pauseMillis;
    private final List<Writer> writers = new ArrayList<>();
    private final Queue<String> errors = new ConcurrentLinkedQueue<>();
    private final AtomicLong writes = new AtomicLong();
    private volatile boolean stop;
    /** Empty: nobody writes. */
    private final Semaphore leave = new Semaphore(WRITERS);

    RecordedWriters(DatabaseServer server, long seedRows) {
        this(server, seedRows, false, PAUSE_MILLIS);
    }

    static RecordedWriters throughRestarts(DatabaseServer server, long seedRows) {
        return new RecordedWriters(server, seedRows, true, PAUSE_MILLIS);
    }

    /**
     * @param serverMayRestart a failed write is then no error, but its row's content is unknown from there on
     * @param pauseMillis of each writer between two writes
     */
    RecordedWriters(DatabaseServer server, long seedRows, boolean serverMayRestart, int pauseMillis) {
        this.server = server;
        this.serverMayRestart = serverMayRestart;
        this.pauseMillis = pauseMillis;
        for (int residue = 0; residue < WRITERS; residue++) {
            writers.add(new Writer(residue, seedRows));
        }
        writers.forEach(Thread::start);
    }

    /** Returns when this many more writes were acknowledged, or a writer has failed. */
    void awaitMore(long count) throws InterruptedException {
        long target = writes.get() + count;
        while (writes.get() < target && errors.isEmpty()) {
            Thread.sleep(5);
        }
    }

    /** Returns when nobody writes, and the connections are idle. */
    void pause() throws InterruptedException {
        leave.acquire(WRITERS);
    }

    void goOn() {
        leave.release(WRITERS);
    }

    /** Every acknowledged change of a row, with what it made of it, sorted. Call it when they have stopped. */
    List<String> effects() {
        return writers.stream()
                .flatMap(writer -> writer.effects.stream())
                .sorted()
                .toList();
    }

    /** Stops and compares every acknowledged write with the table, one by one. */
    void stopAndCheck() throws Exception {
        close();
        assertThat(errors).isEmpty();
        Map<Long, String> expected = new HashMap<>();
        Set<Long> unknown = new HashSet<>();
        for (Writer writer : writers) {
            expected.putAll(writer.notes);
            unknown.addAll(writer.unknown);
        }
        Map<Long, String> found = table();
        expected.keySet().removeAll(unknown);
        found.keySet().removeAll(unknown);
        Map<Long, String> lost = new HashMap<>(expected);
        lost.entrySet().removeAll(found.entrySet());
        assertThat(lost).as("acknowledged writes that are not in the table").isEmpty();
        Map<Long, String> extra = new HashMap<>(found);
        extra.keySet().removeAll(expected.keySet());
        assertThat(extra).as("rows that nobody wrote, or that were deleted").isEmpty();
    }

    private Map<Long, String> table() throws SQLException {
        Map<Long, String> found = new HashMap<>();
        try (Connection connection = connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT id, note FROM orders")) {
            while (rows.next()) {
                found.put(rows.getLong(1), rows.getString(2));
            }
        }
        return found;
    }

    private Connection connect() throws SQLException {
        return DriverManager.getConnection(server.jdbcUrl(), server.user(), server.password());
    }

    @Override
    public void close() throws InterruptedException {
        stop = true;
        // After a pause that a failed test never ended: their end must not be waited for in vain.
        leave.release(WRITERS);
        for (Writer writer : writers) {
            writer.join();
        }
    }

    private final class Writer extends Thread {
        private final Random random;
        private final Map<Long, String> notes = new HashMap<>();
        private final Set<Long> unknown = new HashSet<>();
        private final List<Long> ids = new ArrayList<>();
        private final List<String> effects = new ArrayList<>();
        private long next;
        private long inDoubt;
        private long alsoInDoubt;

        Writer(int residue, long seedRows) {
            super("application-" + residue);
            this.random = new Random(residue);
            this.next = 3_000_000L * WRITERS + residue;
            for (long id = 1; id <= seedRows; id++) {
                if (id % WRITERS == residue) {
                    notes.put(id, "seed " + id);
                    ids.add(id);
                }
            }
        }

        @Override
        public void run() {
            while (!stop) {
                try (Connection connection = connect()) {
                    while (!stop) {
                        leave.acquire();
                        try {
                            write(connection);
                        } finally {
                            leave.release();
                        }
                        writes.incrementAndGet();
                        Thread.sleep(pauseMillis);
                    }
                } catch (SQLException e) {
                    unknown.add(inDoubt);
                    unknown.add(alsoInDoubt);
                    ids.remove(inDoubt);
                    if (!serverMayRestart) {
                        errors.add(e.toString());
                        return;
                    }
                    // A server that starts needs the processor more than those who ask for it.
                    LockSupport.parkNanos(20_000_000);
                } catch (InterruptedException e) {
                    return;
                }
            }
        }

        private void write(Connection connection) throws SQLException {
            int choice = random.nextInt(10);
            long id = ids.get(random.nextInt(ids.size()));
            inDoubt = id;
            alsoInDoubt = id;
            if (choice < 3) {
                insert(connection);
            } else if (choice < 8) {
                String note = "updated " + random.nextInt();
                if (execute(connection, "UPDATE orders SET note = ? WHERE id = ?", note, id) == 1) {
                    notes.put(id, note);
                    effects.add("changed " + id + " " + note);
                }
            } else if (choice == 8) {
                int deleted = execute(connection, "DELETE FROM orders WHERE note <> ? AND id = ?", "", id);
                String note = notes.remove(id);
                if (deleted == 1) {
                    effects.add("gone " + id + " " + note);
                }
            } else {
                moveKey(connection, id);
            }
        }

        private void insert(Connection connection) throws SQLException {
            next += WRITERS;
            long id = next;
            inDoubt = id;
            String note = "inserted " + id;
            execute(connection, "INSERT INTO orders (note, id, amount) VALUES (?, ?, 1.5)", note, id);
            notes.put(id, note);
            ids.add(id);
            effects.add("added " + id + " " + note);
        }

        private void moveKey(Connection connection, long from) throws SQLException {
            next += WRITERS;
            long to = next;
            alsoInDoubt = to;
            String note = notes.get(from);
            if (execute(connection, "UPDATE orders SET id = ? WHERE id = ?", to, from) == 1 && note != null) {
                notes.remove(from);
                notes.put(to, note);
                ids.add(to);
                effects.add("changed " + to + " " + note);
            }
        }

        private static int execute(Connection connection, String sql, Object first, long second) throws SQLException {
            try (PreparedStatement statement = connection.prepareStatement(sql)) {
                statement.setObject(1, first);
                statement.setLong(2, second);
                return statement.executeUpdate();
            }
        }
    }
}
