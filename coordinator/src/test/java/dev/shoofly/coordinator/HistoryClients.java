package dev.shoofly.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.history.Counters;
import dev.shoofly.servers.history.Operation;
import dev.shoofly.servers.history.Registers;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * An application of several clients on a few rows of {@code orders}, each row read and written by all of them at once. A
 * note is a register: it is read, and overwritten with a value of its own; of some rows by deleting the row and inserting it
 * again. An amount is a counter. What each client saw and when is recorded.
 */
final class HistoryClients implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final int CLIENTS = 5;
    private static final int UPDATED = 8;
    private static final int REPLACED = 3;
    private static final int COUNTERS = 3;
    private static final int FIRST_COUNTER = 101;
    private static final BigDecimal BEGIN = new BigDecimal("1.25");

    /** No two applications on one table write one value. */
    private static final AtomicInteger APPLICATIONS = new AtomicInteger();

    private final int application = APPLICATIONS.incrementAndGet();
    private final DatabaseServer server;
    private final Registers registers = new Registers();
    private final Counters counters = new Counters();
    private final List<Client> clients = new ArrayList<>();
    private final Queue<String> failed = new ConcurrentLinkedQueue<>();
    private final Queue<String> wrong = new ConcurrentLinkedQueue<>();
    private final AtomicLong operations = new AtomicLong();
    private volatile boolean stop;

    HistoryClients(DatabaseServer server) throws SQLException {
        this.server = server;
        try (Connection connection = connect()) {
            for (int id = 1; id <= UPDATED + REPLACED; id++) {
                registers.initially(String.valueOf(id), note(connection, id));
            }
            for (int id = FIRST_COUNTER; id < FIRST_COUNTER + COUNTERS; id++) {
                counters.initially(String.valueOf(id), count(connection, id));
            }
        }
        for (int i = 0; i < CLIENTS; i++) {
            clients.add(new Client(i));
        }
        clients.forEach(Thread::start);
    }

    /** Returns when this many more operations were answered, or one answer was wrong. */
    void awaitMore(long count) {
        long target = operations.get() + count;
        long giveUpAt = System.nanoTime() + LIMIT.toNanos();
        while (operations.get() < target && wrong.isEmpty()) {
            assertThat(System.nanoTime()).as("%s", failed()).isLessThan(giveUpAt);
            LockSupport.parkNanos(5_000_000);
        }
    }

    /** Operations that ended in an error, up to now. */
    List<String> failed() {
        return List.copyOf(failed);
    }

    /** Reads everything once more when all have ended, and judges. */
    void stopAndCheck() throws Exception {
        close();
        try (Connection connection = connect()) {
            for (int id = 1; id <= UPDATED + REPLACED; id++) {
                read(connection, id);
            }
            for (int id = FIRST_COUNTER; id < FIRST_COUNTER + COUNTERS; id++) {
                readCounter(connection, id);
            }
        }
        assertThat(wrong).isEmpty();
        assertThat(registers.violations()).isEmpty();
        assertThat(counters.violations()).isEmpty();
        assertThat(registers.size()).isGreaterThan(UPDATED + REPLACED);
    }

    @Override
    public void close() throws InterruptedException {
        stop = true;
        for (Client client : clients) {
            client.join();
        }
    }

    private Connection connect() throws SQLException {
        return DriverManager.getConnection(server.jdbcUrl(), server.user(), server.password());
    }

    private String note(Connection connection, int id) throws SQLException {
        return select(connection, "SELECT note FROM orders WHERE id = ?", id);
    }

    private long count(Connection connection, int id) throws SQLException {
        return new BigDecimal(select(connection, "SELECT amount FROM orders WHERE id = ?", id))
                .subtract(BEGIN)
                .longValueExact();
    }

    private String select(Connection connection, String sql, int id) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(sql)) {
            select.setInt(1, id);
            try (ResultSet row = select.executeQuery()) {
                if (row.next()) {
                    return row.getString(1);
                }
            }
        }
        wrong.add("row " + id + " was not there: " + sql);
        throw new SQLException("row " + id + " is not there");
    }

    private void read(Connection connection, int id) throws SQLException {
        long invoked = System.nanoTime();
        String note = note(connection, id);
        registers.add(String.valueOf(id), Operation.read(note, invoked, System.nanoTime()));
    }

    private void readCounter(Connection connection, int id) throws SQLException {
        long invoked = System.nanoTime();
        long count = count(connection, id);
        counters.read(String.valueOf(id), count, invoked, System.nanoTime());
    }

    /** What is to be done between the two times that are recorded. */
    @FunctionalInterface
    private interface Write {
        void run() throws SQLException;
    }

    private final class Client extends Thread {
        private final int number;
        private final Random random;
        private int written;

        Client(int number) {
            super("history-" + number);
            this.number = number;
            this.random = new Random(number);
        }

        @Override
        public void run() {
            while (!stop) {
                try (Connection connection = connect()) {
                    while (!stop) {
                        operate(connection);
                        operations.incrementAndGet();
                        LockSupport.parkNanos(8_000_000);
                    }
                } catch (SQLException e) {
                    failed.add(getName() + ": " + e);
                    // A server that starts needs the processor more than those who ask for it.
                    LockSupport.parkNanos(20_000_000);
                }
            }
        }

        private void operate(Connection connection) throws SQLException {
            int id = 1 + random.nextInt(UPDATED + REPLACED);
            int counter = FIRST_COUNTER + random.nextInt(COUNTERS);
            switch (random.nextInt(6)) {
                case 0, 1 -> read(connection, id);
                case 2, 3 -> write(connection, id);
                case 4 -> readCounter(connection, counter);
                default -> raise(connection, counter);
            }
        }

        private void write(Connection connection, int id) throws SQLException {
            String value = "client " + application + "." + number + " " + ++written;
            if (id <= UPDATED) {
                write(id, value, () -> update(connection, "UPDATE orders SET note = ? WHERE id = ?", value, id));
            } else if (id % CLIENTS == number) {
                // One client each: who waits for a row that is deleted and comes again does not find it.
                write(id, value, () -> replace(connection, value, id));
            }
        }

        /** Also one that failed may have happened. */
        private void write(int id, String value, Write write) throws SQLException {
            long invoked = System.nanoTime();
            long responded = Operation.UNKNOWN;
            try {
                write.run();
                responded = System.nanoTime();
            } finally {
                registers.add(String.valueOf(id), new Operation(Operation.Kind.WRITE, value, invoked, responded));
            }
        }

        private void raise(Connection connection, int id) throws SQLException {
            long invoked = System.nanoTime();
            long responded = Operation.UNKNOWN;
            try {
                update(connection, "UPDATE orders SET amount = amount + ? WHERE id = ?", 1, id);
                responded = System.nanoTime();
            } finally {
                counters.raised(String.valueOf(id), invoked, responded);
            }
        }

        private void replace(Connection connection, String value, int id) throws SQLException {
            connection.setAutoCommit(false);
            update(connection, "DELETE FROM orders WHERE note <> ? AND id = ?", "", id);
            update(connection, "INSERT INTO orders (note, id, amount) VALUES (?, ?, 1)", value, id);
            connection.commit();
            connection.setAutoCommit(true);
        }

        private void update(Connection connection, String sql, Object first, int id) throws SQLException {
            try (PreparedStatement statement = connection.prepareStatement(sql)) {
                statement.setObject(1, first);
                statement.setInt(2, id);
                int changed = statement.executeUpdate();
                if (changed != 1) {
                    wrong.add(changed + " rows instead of row " + id + ": " + sql);
                }
            }
        }
    }
}
