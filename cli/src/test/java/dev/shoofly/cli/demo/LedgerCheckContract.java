package dev.shoofly.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.cli.screen.Screen;
import dev.shoofly.database.DatabaseKind;
import dev.shoofly.database.connection.ConnectionProfile;
import dev.shoofly.servers.DatabaseServer;
import java.io.OutputStream;
import java.io.PrintStream;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A check that never finds anything proves nothing: here the server's own ALTER migrates, and the test does the damage. */
abstract class LedgerCheckContract {
    private static final long ROWS = 2_000;
    private static final Duration POLL = Duration.ofMillis(5);

    private final Screen silent = new Screen(new PrintStream(OutputStream.nullOutputStream()), Screen.Mode.QUIET, 80);
    private final Ledger ledger = new Ledger(ROWS);
    private ConnectionProfile profile;
    private long next = ROWS;

    abstract DatabaseKind kind();

    abstract DatabaseServer server();

    @BeforeEach
    void writeThroughANativeAlter() throws SQLException {
        DemoDatabase database = new DemoDatabase(server(), kind());
        profile = database.profile();
        execute("DROP TABLE IF EXISTS orders");
        database.fill(ROWS, silent, () -> false);
        try (Workload workload = Workload.start(profile, 1_000, ledger)) {
            awaitWrites(200);
            for (String alter : OrdersTable.of(kind()).alters()) {
                execute(alter.startsWith("CREATE") ? alter : "ALTER TABLE orders " + alter);
            }
            awaitWrites(ledger.acknowledgedWrites() + 1_000);
            assertThat(workload).isNotNull();
        }
        assertThat(ledger.firstErrors()).isEmpty();
    }

    @AfterEach
    void dropTheTable() throws SQLException {
        execute("DROP TABLE orders");
    }

    private void awaitWrites(long least) {
        long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (ledger.acknowledgedWrites() < least && ledger.clientErrors() == 0) {
            assertThat(System.nanoTime()).as("still waiting for writes").isLessThan(deadline);
            LockSupport.parkNanos(POLL.toNanos());
        }
    }

    private void execute(String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(
                        profile.url(), profile.user(), profile.password().reveal());
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private LedgerCheck.Result check() throws SQLException {
        return LedgerCheck.run(profile, ledger);
    }

    private Order anyWritten() {
        for (Order order : ledger.written()) {
            if (!order.isDeleted()) {
                return order;
            }
        }
        throw new AssertionError("nothing was written");
    }

    private Order anyDeleted() {
        for (Order order : ledger.written()) {
            if (order.isDeleted()) {
                return order;
            }
        }
        throw new AssertionError("nothing was deleted");
    }

    @Test
    void findsNothingWhereNothingIsLost() throws SQLException {
        LedgerCheck.Result result = check();

        assertThat(result.findings()).isEmpty();
        assertThat(result.lostWrites()).isZero();
        assertThat(result.differingRows()).isZero();
    }

    @Test
    void findsALostInsertAnOldVersionAndARowThatCameBack() throws SQLException {
        Order gone = anyWritten();
        execute("DELETE FROM orders WHERE id = " + gone.id());
        assertThat(check().lostWrites()).isEqualTo(1);

        Order deleted = anyDeleted();
        execute("INSERT INTO orders (id, customer_id, status, amount_cents, email, version) VALUES (" + deleted.number()
                + ", 1, 'new', 1, 'x', " + deleted.version() + ")");
        assertThat(check().lostWrites()).isEqualTo(2);

        execute("UPDATE orders SET version = version - 1 WHERE version > 0");
        assertThat(check().lostWrites()).isGreaterThan(10);
        assertThat(check().findings()).anyMatch(finding -> finding.contains("was acknowledged"));
    }

    @Test
    void findsRowsThatNobodyWroteToAndThatChangedOrVanished() throws SQLException {
        execute("DELETE FROM orders WHERE version = 0 AND remarks = 'Note on order " + untouched() + "'");
        assertThat(check().differingRows()).isEqualTo(1);
        execute("UPDATE orders SET amount_cents = amount_cents + 1 WHERE version = 0 AND id = " + untouched());
        assertThat(check().differingRows()).isEqualTo(2);
        assertThat(check().lostWrites()).isZero();
    }

    /** Another one at each call. */
    private long untouched() {
        while (true) {
            long number = next--;
            if (ledger.find(number).orElseThrow().version() == 0) {
                return number;
            }
        }
    }
}
