package dev.shoofly.coordinator;

import dev.shoofly.servers.DatabaseServer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Generators that run on the server itself, in procedures that commit after every change: swaps, chains, cycles, deletes
 * with re-inserts, moved and swapped keys on table {@code seats}. Each transaction also writes what it leaves into {@code
 * seat_ledger}, and fails if a row is not there that an earlier one left.
 */
final class SeatChurn implements AutoCloseable {
    private static final int SLOTS = 500;
    /** Each generator has rows of its own: the server's gap locks let two of them deadlock, and that is slow. */
    private static final int GENERATORS = 2;

    private static final int CALM_PAUSE_MILLIS = 30;
    private final DatabaseServer server;
    private final Dialect dialect;
    private final List<Thread> generators = new ArrayList<>();
    private final Queue<String> errors = new ConcurrentLinkedQueue<>();
    private final AtomicLong commits = new AtomicLong();
    private final AtomicLong refused = new AtomicLong();
    private volatile boolean calm = true;
    private volatile boolean stop;

    /** How a server is spoken to. */
    enum Dialect {
        MYSQL("unique-campaign-mysql.sql", "SET autocommit = 0, transaction_isolation = 'READ-COMMITTED'", ")"),
        POSTGRES("unique-campaign-postgres.sql", "SET synchronous_commit = off", ", 0, 0)");

        private final String script;
        private final String session;
        private final String callEnd;

        Dialect(String script, String session, String callEnd) {
            this.script = script;
            this.session = session;
            this.callEnd = callEnd;
        }
    }

    SeatChurn(DatabaseServer server, Dialect dialect) throws SQLException, IOException {
        this.server = server;
        this.dialect = dialect;
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            for (String each : script(dialect.script).split("\n----\n")) {
                statement.execute(each);
            }
            statement.execute(dialect.session);
            statement.execute("CALL fill(" + GENERATORS * SLOTS + ")");
            statement.execute("COMMIT");
        }
        for (int i = 0; i < GENERATORS; i++) {
            int seed = i;
            Thread generator = new Thread(() -> generate(seed), "generator-" + i);
            generators.add(generator);
            generator.start();
        }
    }

    private static String script(String name) throws IOException {
        try (InputStream stream = Objects.requireNonNull(SeatChurn.class.getResourceAsStream(name))) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private void generate(int generator) {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.execute(dialect.session);
            for (int round = 1; !stop; round++) {
                int seed = 7919 * round + generator;
                int amount = calm ? 3 : 250;
                try (ResultSet done = statement.executeQuery("CALL churn(" + seed + ", " + (1 + generator * SLOTS)
                        + ", " + SLOTS + ", " + amount + dialect.callEnd)) {
                    done.next();
                    commits.addAndGet(done.getLong(1));
                    refused.addAndGet(done.getLong(2));
                }
                if (calm) {
                    Thread.sleep(CALM_PAUSE_MILLIS);
                }
            }
        } catch (SQLException | InterruptedException e) {
            errors.add(e.toString());
        }
    }

    /** As fast as the server can, until told to be calm again. */
    void rage() {
        calm = false;
    }

    /** Leaves the pipeline room to catch up, without ever being silent. */
    void calmDown() {
        calm = true;
    }

    long commits() {
        return commits.get();
    }

    List<String> errors() {
        return List.copyOf(errors);
    }

    void stop() throws InterruptedException {
        stop = true;
        for (Thread generator : generators) {
            generator.join();
        }
    }

    /** Rows that the transactions left and the table does not have. */
    Set<String> lost() throws SQLException {
        Set<String> lost = rows(ledger());
        lost.removeAll(rows("seats"));
        return lost;
    }

    /** Rows of the table that no transaction left so. */
    Set<String> strange() throws SQLException {
        Set<String> strange = rows("seats");
        strange.removeAll(rows(ledger()));
        return strange;
    }

    private static String ledger() {
        return "seat_ledger WHERE first IS NOT NULL";
    }

    private Set<String> rows(String from) throws SQLException {
        String last = dialect == Dialect.MYSQL ? "code" : "span";
        Set<String> found = new HashSet<>();
        try (Connection connection = connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(
                        "SELECT k, g, n, label, maybe, line, spot, folded, part, active, " + last + " FROM " + from)) {
            while (rows.next()) {
                List<String> row = new ArrayList<>();
                for (int i = 1; i <= 11; i++) {
                    row.add(rows.getString(i));
                }
                found.add(row.toString());
            }
        }
        return found;
    }

    @Override
    public String toString() {
        return commits + " transactions (" + refused + " lost to another generator)";
    }

    private Connection connect() throws SQLException {
        return DriverManager.getConnection(server.jdbcUrl(), server.user(), server.password());
    }

    @Override
    public void close() throws InterruptedException {
        stop();
    }
}
