package dev.shoofly.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.servers.DatabaseServer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * An application of table {@code accounts} with open transactions at all times: two clients lock rows, change them and keep
 * the locks for one to three seconds; three read without a lock, think, and write what they have read. Each has rows of its
 * own, and unique values of its own in a range that nobody else comes near: none ever waits for another. So every error,
 * every long wait and every row that is not as its client left it is somebody else's doing.
 */
final class SlowApplication implements AutoCloseable {
    private static final int HOLDERS = 2;
    private static final int READERS = 3;
    private static final int CLIENTS = HOLDERS + READERS;
    private static final int ROWS_EACH = 600;
    private static final Duration AT_MOST = Duration.ofSeconds(20);
    private final DatabaseServer server;
    private final Dialect dialect;
    private final List<Client> clients = new ArrayList<>();
    private final Queue<String> errors = new ConcurrentLinkedQueue<>();
    private final AtomicInteger holding = new AtomicInteger();
    private final CountDownLatch stop = new CountDownLatch(1);

    /** A server's words. */
    enum Dialect {
        MYSQL(
                // A row lock that somebody else holds for a second is an error; so is a table lock for ten.
                "SET SESSION innodb_lock_wait_timeout = 1, lock_wait_timeout = 10",
                "INSERT INTO accounts (id, code, balance) WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n"
                        + " WHERE i < " + (ROWS_EACH - 1) + ") SELECT i * " + CLIENTS
                        + " + {c} + 1, concat('c{c}-', i), 0"
                        + " FROM n",
                "MODIFY note varchar(200), ADD COLUMN status varchar(10) NOT NULL DEFAULT 'new'"),
        POSTGRES(
                "SET lock_timeout = '10s'",
                "INSERT INTO accounts (id, code, balance) SELECT i * " + CLIENTS + " + {c} + 1, 'c{c}-' || i, 0"
                        + " FROM generate_series(0, " + (ROWS_EACH - 1) + ") i",
                "ALTER COLUMN note TYPE varchar(200), ADD COLUMN status varchar(10) NOT NULL DEFAULT 'new'");

        private final String patience;
        private final String fill;
        private final String alter;

        Dialect(String patience, String fill, String alter) {
            this.patience = patience;
            this.fill = fill;
            this.alter = alter;
        }

        String alter() {
            return alter;
        }
    }

    /** As its client left it. */
    private record Account(String code, long balance) {}

    SlowApplication(DatabaseServer server, Dialect dialect) throws SQLException {
        this.server = server;
        this.dialect = dialect;
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.execute("DROP TABLE IF EXISTS accounts");
            statement.execute("CREATE TABLE accounts (id bigint PRIMARY KEY, code varchar(40) NOT NULL UNIQUE,"
                    + " balance bigint NOT NULL, note varchar(60))");
            for (int client = 0; client < CLIENTS; client++) {
                statement.execute(dialect.fill.replace("{c}", Integer.toString(client)));
                // The last of each client's values: a lock on the gap before it meets nobody else.
                statement.execute("INSERT INTO accounts (id, code, balance) VALUES (" + (1_000_000 + client) + ", 'c"
                        + client + "z', 0)");
            }
        }
        for (int number = 0; number < CLIENTS; number++) {
            clients.add(number < HOLDERS ? new Holder(number) : new Reader(number));
        }
        clients.forEach(Thread::start);
    }

    List<String> errors() {
        return List.copyOf(errors);
    }

    /** Returns at a moment when somebody keeps rows locked. */
    void awaitHeldLocks() {
        await("locked rows", () -> holding.get() > 0);
    }

    /** Every client has committed this many transactions more. */
    void awaitMoreOfEach(int transactions) {
        for (Client client : clients) {
            int target = client.transactions + transactions;
            await("more of " + client.getName(), () -> client.transactions >= target);
        }
    }

    private void await(String what, BooleanSupplier condition) {
        long giveUpAt = System.nanoTime() + AT_MOST.toNanos();
        while (!condition.getAsBoolean() && errors.isEmpty()) {
            assertThat(System.nanoTime()).as("still waiting for %s", what).isLessThan(giveUpAt);
            LockSupport.parkNanos(2_000_000);
        }
    }

    /** Stops, and compares each row with what its client left. */
    void stopAndCheck() throws Exception {
        close();
        assertThat(errors).isEmpty();
        Map<Long, Account> expected = new TreeMap<>();
        for (int client = 0; client < CLIENTS; client++) {
            expected.put(1_000_000L + client, new Account("c" + client + "z", 0));
            expected.putAll(clients.get(client).accounts);
        }
        Map<Long, Account> found = new TreeMap<>();
        try (Connection connection = connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT id, code, balance FROM accounts")) {
            while (row.next()) {
                found.put(row.getLong(1), new Account(row.getString(2), row.getLong(3)));
            }
        }
        assertThat(found).isEqualTo(expected);
    }

    private Connection connect() throws SQLException {
        return DriverManager.getConnection(server.jdbcUrl(), server.user(), server.password());
    }

    @Override
    public void close() throws InterruptedException {
        stop.countDown();
        for (Client client : clients) {
            client.join();
        }
    }

    private abstract class Client extends Thread {
        final Random random;
        /** Committed. */
        final Map<Long, Account> accounts = new ConcurrentHashMap<>();

        private final int number;
        private volatile int transactions;

        Client(int number, String name) {
            super(name + "-" + number);
            this.number = number;
            this.random = new Random(number);
            for (int slot = 0; slot < ROWS_EACH; slot++) {
                accounts.put((long) slot * CLIENTS + number + 1, new Account("c" + number + "-" + slot, 0));
            }
        }

        @Override
        public void run() {
            try (Connection connection = connect();
                    Statement statement = connection.createStatement()) {
                statement.execute(dialect.patience);
                connection.setAutoCommit(false);
                while (stop.getCount() > 0) {
                    transaction(connection, statement);
                    transactions++;
                }
            } catch (SQLException e) {
                errors.add(getName() + ": " + e.getErrorCode() + " " + e.getSQLState() + " " + e.getMessage());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        abstract void transaction(Connection connection, Statement statement) throws SQLException, InterruptedException;

        /** Between two numbers of milliseconds; no longer than the application runs. */
        void pause(int least, int most) throws InterruptedException {
            stop.await(least + random.nextInt(most - least), TimeUnit.MILLISECONDS);
        }

        long anyId() {
            return (long) random.nextInt(ROWS_EACH) * CLIENTS + number + 1;
        }

        final Account account(long id) {
            return Objects.requireNonNull(accounts.get(id));
        }

        /** Two unique values change places: a third holds one of them meanwhile. */
        void swapCodes(Statement statement, long one, long other) throws SQLException {
            String ofOne = account(one).code();
            String ofOther = account(other).code();
            setCode(statement, one, "c" + number + "-on its way");
            setCode(statement, other, ofOne);
            setCode(statement, one, ofOther);
        }

        private void setCode(Statement statement, long id, String code) throws SQLException {
            assertThat(statement.executeUpdate("UPDATE accounts SET code = '" + code + "' WHERE id = " + id))
                    .isOne();
        }

        void committed(long one, long other, long balance) {
            Account former = account(one);
            accounts.put(one, new Account(account(other).code(), balance));
            accounts.put(other, new Account(former.code(), account(other).balance()));
        }
    }

    /** Rows locked for seconds, with values that change places, a row that goes and comes, and now and then a rollback. */
    private final class Holder extends Client {
        Holder(int number) {
            super(number, "holder");
        }

        @Override
        void transaction(Connection connection, Statement statement) throws SQLException, InterruptedException {
            long one = anyId();
            long other = anyId();
            long third = anyId();
            if (one == other || one == third || other == third) {
                return;
            }
            statement
                    .executeQuery("SELECT * FROM accounts WHERE id IN (" + one + "," + other + "," + third + ")"
                            + " FOR UPDATE")
                    .close();
            swapCodes(statement, one, other);
            long balance = random.nextInt(1_000_000);
            statement.executeUpdate("UPDATE accounts SET balance = " + balance + " WHERE id = " + one);
            statement.executeUpdate("DELETE FROM accounts WHERE id = " + third);
            Account back = new Account(account(third).code(), balance + 1);
            statement.executeUpdate("INSERT INTO accounts (id, code, balance) VALUES (" + third + ", '" + back.code()
                    + "', " + back.balance() + ")");
            holding.incrementAndGet();
            pause(1_000, 3_000);
            holding.decrementAndGet();
            if (random.nextInt(5) == 0) {
                connection.rollback();
            } else {
                connection.commit();
                committed(one, other, balance);
                accounts.put(third, back);
            }
            pause(500, 2_500);
        }
    }

    /** Reads without a lock, thinks, writes. What it reads must be what it wrote last. */
    private final class Reader extends Client {
        Reader(int number) {
            super(number, "reader");
        }

        @Override
        void transaction(Connection connection, Statement statement) throws SQLException, InterruptedException {
            long one = anyId();
            long other = anyId();
            if (one == other) {
                return;
            }
            long balance = read(statement, one) + read(statement, other) + 1;
            // Longer than the few milliseconds in which a request for the table's lock is withdrawn once somebody has
            // read.
            pause(40, 150);
            if (random.nextInt(4) == 0) {
                swapCodes(statement, one, other);
                statement.executeUpdate("UPDATE accounts SET balance = " + balance + " WHERE id = " + one);
                connection.commit();
                committed(one, other, balance);
            } else {
                statement.executeUpdate("UPDATE accounts SET balance = " + balance + " WHERE id = " + one);
                connection.commit();
                accounts.put(one, new Account(account(one).code(), balance));
            }
            pause(60, 300);
        }

        private long read(Statement statement, long id) throws SQLException {
            try (ResultSet row = statement.executeQuery("SELECT code, balance FROM accounts WHERE id = " + id)) {
                Account found = row.next() ? new Account(row.getString(1), row.getLong(2)) : null;
                if (!account(id).equals(found)) {
                    errors.add(getName() + " reads " + found + " where it wrote " + account(id));
                }
                return account(id).balance() % 1_000;
            }
        }
    }
}
