package dev.shoofly.benchmarks.load;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.benchmarks.reference.ConnectionSource;
import dev.shoofly.benchmarks.reference.Contents;
import dev.shoofly.benchmarks.reference.ReferenceTable;
import dev.shoofly.database.DatabaseKind;
import dev.shoofly.servers.DatabaseServer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A check that never finds anything proves nothing: here the server's own ALTER migrates, and the test does the damage. */
@Timeout(300)
abstract class LedgerCheckContract {
    private static final long ROWS = 1_000;
    private static final int RATE = 500;
    private static final Duration LIMIT = Duration.ofMinutes(2);

    private final Ledger ledger = new Ledger(ROWS, Traffic.WRITERS);
    private final ConnectionSource source = () -> {
        DatabaseServer server = server();
        return DriverManager.getConnection(server.jdbcUrl(), server.user(), server.password());
    };

    abstract DatabaseKind kind();

    abstract DatabaseServer server();

    @BeforeEach
    void writeAndReadThroughANativeAlter() throws SQLException, InterruptedException {
        execute("DROP TABLE IF EXISTS orders");
        ReferenceTable table = ReferenceTable.of(kind());
        table.create(source, ROWS);
        long began = System.nanoTime();
        Traffic traffic = Traffic.start(source, RATE, ledger);
        try (traffic) {
            awaitWrites(traffic, 100);
            for (String alter : table.alters()) {
                execute("ALTER TABLE orders " + alter);
            }
            awaitWrites(traffic, ledger.acknowledgedWrites() + 300);
        }
        assertThat(traffic.findings().firstWrong()).isEmpty();
        assertThat(traffic.findings().firstFailed()).isEmpty();
        long ended = System.nanoTime();
        assertThat(traffic.writes(began, ended).count()).isGreaterThanOrEqualTo(400);
        assertThat(traffic.reads(began, ended).responseMillis(0.5)).isPositive();
        assertThat(traffic.longestWriteGap(began, ended)).isPositive();
    }

    @AfterEach
    void dropTheTable() throws SQLException {
        execute("DROP TABLE orders");
    }

    private void awaitWrites(Traffic traffic, long least) {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (ledger.acknowledgedWrites() < least && traffic.findings().wrongCount() == 0) {
            assertThat(System.nanoTime()).as("still waiting for writes").isLessThan(deadline);
            LockSupport.parkNanos(Duration.ofMillis(5).toNanos());
        }
    }

    @Test
    void anUndamagedTableHoldsEveryAcknowledgedWrite() throws SQLException {
        LedgerCheck.Result found = check();

        assertThat(found.findings()).isEmpty();
        assertThat(found.wrong()).isZero();
        assertThat(found.rows()).isGreaterThan(ROWS / 2);
    }

    @Test
    void everyKindOfDamageIsFound() throws SQLException {
        long[] alive = alive(4);
        execute("DELETE FROM orders WHERE id = " + alive[0]);
        execute("UPDATE orders SET version = version - 1 WHERE id = " + alive[1]);
        execute("UPDATE orders SET region = 'us' WHERE id = " + alive[2]);
        execute("UPDATE orders SET customer_id = customer_id + 1 WHERE id = " + alive[3]);
        long gone = gone();
        insertCopy(alive[3], gone);
        long never = ledger.highestId() + 1_000;
        insertCopy(alive[3], never);

        LedgerCheck.Result found = check();

        assertThat(found.wrong()).isEqualTo(6);
        assertThat(found.findings())
                .anyMatch(what -> what.startsWith("order " + alive[0] + " is missing"))
                .anyMatch(what -> what.startsWith("order " + alive[1] + " has version"))
                .anyMatch(what -> what.startsWith("order " + alive[2] + " has version"))
                .anyMatch(what -> what.startsWith("order " + alive[3] + " has version"))
                .anyMatch(what -> what.startsWith("order " + gone + " is there, although it was deleted"))
                .anyMatch(what -> what.startsWith("order " + never + " is there, although it was never made"));
    }

    @Test
    void tablesThatDifferInOneValueOrOneIndexAreToldApart() throws SQLException {
        ReferenceTable table = ReferenceTable.of(kind());
        try (Connection connection = source.connect()) {
            Contents whole = table.contents(connection, ReferenceTable.NAME);
            assertThat(table.contents(connection, ReferenceTable.NAME)).isEqualTo(whole);
            assertThat(table.indexes(connection, ReferenceTable.NAME)).isEqualTo(ReferenceTable.INDEXES);

            execute("UPDATE orders SET note = 'another' WHERE id = " + alive(1)[0]);
            execute(
                    switch (kind()) {
                        case MYSQL -> "ALTER TABLE orders DROP KEY customer_id";
                        case POSTGRES -> "DROP INDEX orders_customer_id_idx";
                    });

            Contents changed = table.contents(connection, ReferenceTable.NAME);
            assertThat(changed.rows()).isEqualTo(whole.rows());
            assertThat(changed.hash()).isNotEqualTo(whole.hash());
            assertThat(table.indexes(connection, ReferenceTable.NAME))
                    .hasSize(ReferenceTable.INDEXES.size() - 1)
                    .doesNotContain("customer_id");
        }
    }

    private LedgerCheck.Result check() throws SQLException {
        return LedgerCheck.run(source, kind(), ledger);
    }

    private long[] alive(int count) {
        return LongStream.rangeClosed(1, ROWS)
                .filter(id -> ledger.state(id) >= 0)
                .limit(count)
                .toArray();
    }

    private long gone() {
        return LongStream.rangeClosed(1, ledger.highestId())
                .filter(id -> ledger.state(id) == Ledger.GONE)
                .findFirst()
                .orElseThrow();
    }

    private void insertCopy(long of, long id) throws SQLException {
        execute("INSERT INTO orders (" + ReferenceTable.COLUMNS + ") SELECT " + id
                + ", concat('X-', " + id + "), customer_id, status, amount_cents, email, note, version, placed_at,"
                + " changed_at FROM orders WHERE id = " + of);
    }

    private void execute(String sql) throws SQLException {
        try (Connection connection = source.connect();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
