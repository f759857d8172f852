package dev.shoofly.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.database.Database;
import dev.shoofly.database.control.Command.Verb;
import dev.shoofly.model.CutoverMode;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationSpec;
import dev.shoofly.model.MigrationState;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.PostgresVersion;
import dev.shoofly.servers.fixture.TestServers;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Whole migrations of a busy partitioned table: ranges, lists below one of them, hashes below the default one. */
@Timeout(240)
class PartitionedMigrationIT {
    private static final List<String> TABLE = List.of(
            "DROP TABLE orders CASCADE",
            "CREATE TABLE orders (dead int, id bigserial, kind text NOT NULL DEFAULT 'x', note varchar(100) NOT NULL,"
                    + " amount numeric(10,2), legacy int DEFAULT 0, CONSTRAINT orders_key PRIMARY KEY (id, kind))"
                    + " PARTITION BY RANGE (id)",
            "CREATE TABLE orders_low PARTITION OF orders FOR VALUES FROM (0) TO (2000)",
            // From here on a column has another number in the table than in some partitions.
            "ALTER TABLE orders DROP COLUMN dead",
            "CREATE TABLE orders_mid PARTITION OF orders FOR VALUES FROM (-1000) TO (0) PARTITION BY LIST (kind)",
            "CREATE TABLE orders_mid_ab PARTITION OF orders_mid FOR VALUES IN ('a', 'b')",
            "CREATE TABLE orders_mid_rest PARTITION OF orders_mid DEFAULT",
            "CREATE TABLE orders_other PARTITION OF orders DEFAULT PARTITION BY HASH (id)",
            "CREATE TABLE orders_other_0 PARTITION OF orders_other FOR VALUES WITH (MODULUS 2, REMAINDER 0)",
            "CREATE TABLE orders_other_1 PARTITION OF orders_other FOR VALUES WITH (MODULUS 2, REMAINDER 1)",
            "CREATE INDEX notes ON orders (note)",
            "INSERT INTO orders (id, kind, note, amount) SELECT i, 'x', 'seed ' || i, 1.25 FROM generate_series(1, 3000) i",
            "INSERT INTO orders (id, kind, note) SELECT -i, 'x', 'mover''s' FROM generate_series(1, 300) i");
    private static final String NAMES =
            "SELECT format('%s %s %s %s', c.relname, c.relkind, pg_get_expr(c.relpartbound, c.oid),"
                    + " (SELECT h.inhparent::regclass FROM pg_inherits h WHERE h.inhrelid = c.oid)) FROM pg_class c"
                    + " WHERE c.relname ~ '^(orders|notes|by_status)' AND c.relkind IN ('r', 'p', 'i', 'I') ORDER BY 1";

    @TempDir
    Path directory;

    /** The first column of each row: where it is, and what is in it. */
    private static final String MISPLACED =
            "SELECT id FROM orders WHERE tableoid::regclass::text <> CASE WHEN id < 0 AND kind IN ('a', 'b') THEN 'orders_mid_ab'"
                    + " WHEN id < 0 THEN 'orders_mid_rest' WHEN id < 2000 THEN 'orders_low'"
                    + " ELSE tableoid::regclass::text END OR id >= 2000 AND tableoid::regclass::text !~ '^orders_other_'";

    private static final String FOREIGN_KEYS =
            "SELECT format('%s %s %s %s %s', c.conrelid::regclass, c.conname, c.confrelid::regclass, c.convalidated,"
                    + " p.conrelid::regclass) FROM pg_constraint c LEFT JOIN pg_constraint p ON p.oid = c.conparentid"
                    + " WHERE c.contype = 'f' AND p.conrelid IS DISTINCT FROM c.conrelid ORDER BY 1";
    private static final String ORPHANS =
            "SELECT n FROM lines l WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.id = l.id AND o.kind = l.kind)";

    private MigrationFixture fixture(DatabaseServer server) throws SQLException {
        MigrationFixture fixture = new MigrationFixture(
                server, () -> TestServers.kafka().bootstrapServers(), directory, OrdersTable.POSTGRES);
        for (String statement : TABLE) {
            fixture.execute(statement);
        }
        return fixture;
    }

    private static List<String> altered() {
        return List.of(
                "ALTER COLUMN amount TYPE numeric(14,4), ADD COLUMN status varchar(10) NOT NULL DEFAULT 'new',"
                        + " DROP COLUMN legacy",
                "CREATE INDEX by_status ON orders (status)");
    }

    @ParameterizedTest
    @EnumSource
    void losesNoWriteOfAnyPartitionAndNoRowThatMovesBetweenThem(PostgresVersion version) throws Exception {
        DatabaseServer server = TestServers.postgres(version);
        MigrationFixture fixture = fixture(server);
        fixture.execute("CREATE MATERIALIZED VIEW noted AS SELECT id, kind, note FROM orders");
        List<String> before = fixture.texts(NAMES);
        try (Database database = fixture.open(FaultPoints.NONE);
                RecordedWriters writers = new RecordedWriters(server, MigrationFixture.ROWS);
                KindMover mover = new KindMover(fixture);
                MigrationRunner runner = fixture.runner(database, FaultPoints.NONE)) {
            MigrationOutcome outcome = runner.start(MigrationFixture.spec(CutoverMode.AUTO, altered()));
            assertThat(outcome).as("%s", runner.snapshot()).isEqualTo(MigrationOutcome.COMPLETED);
            writers.awaitMore(200);
            mover.stopAndCheck();
            writers.stopAndCheck();
        }
        fixture.execute("REFRESH MATERIALIZED VIEW noted");
        assertThat(fixture.texts("SELECT id FROM orders EXCEPT SELECT id FROM noted"))
                .isEmpty();
        List<String> after = fixture.texts(NAMES);
        assertThat(after).containsAll(before).hasSize(before.size() + 8);
        assertThat(after).anyMatch(line -> line.startsWith("orders_mid_ab_status_idx i"));
        assertThat(fixture.texts(MISPLACED)).isEmpty();
        assertThat(fixture.texts("SELECT relname FROM pg_class WHERE relname LIKE '%\\_new\\_%'"))
                .isEmpty();
        assertThat(fixture.texts(
                        "SELECT DISTINCT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attname = 'amount'"
                                + " AND attrelid IN (SELECT relid FROM pg_partition_tree('orders'))"))
                .containsExactly("numeric(14,4)");
    }

    /** Rows that move, and change the key that others point to, while the foreign keys change hands twice. */
    @Test
    void foreignKeysInBothDirectionsHoldThereAndBackAndHinderNoWriter() throws Exception {
        DatabaseServer server = TestServers.postgres(PostgresVersion.V17);
        MigrationFixture fixture = fixture(server);
        for (String statement : List.of(
                "DROP TABLE IF EXISTS kinds, lines CASCADE",
                "CREATE TABLE kinds (kind text PRIMARY KEY)",
                "INSERT INTO kinds VALUES ('a'), ('b'), ('c'), ('x')",
                "ALTER TABLE orders ADD CONSTRAINT of_kind FOREIGN KEY (kind) REFERENCES kinds",
                "CREATE TABLE lines (n bigserial, id bigint, kind text, CONSTRAINT of_order FOREIGN KEY (id, kind)"
                        + " REFERENCES orders ON UPDATE CASCADE ON DELETE CASCADE) PARTITION BY HASH (n)",
                "CREATE TABLE lines_0 PARTITION OF lines FOR VALUES WITH (MODULUS 2, REMAINDER 0)",
                "CREATE TABLE lines_1 PARTITION OF lines FOR VALUES WITH (MODULUS 2, REMAINDER 1)",
                "INSERT INTO lines (id, kind) SELECT id, kind FROM orders")) {
            fixture.execute(statement);
        }
        List<String> before = fixture.texts(FOREIGN_KEYS);
        MigrationSpec spec = MigrationFixture.withRollbackWindow(
                MigrationFixture.spec(CutoverMode.AUTO, altered()), Duration.ofMinutes(10));
        try (Database database = fixture.open(FaultPoints.NONE);
                RecordedWriters writers = new RecordedWriters(server, MigrationFixture.ROWS);
                KindMover mover = new KindMover(fixture);
                MigrationRunner runner = fixture.runner(database, FaultPoints.NONE)) {
            CompletableFuture<MigrationOutcome> outcome = CompletableFuture.supplyAsync(() -> runner.start(spec));
            MigrationFixture.awaitState(runner, MigrationState.CUTOVER);
            MigrationId id = runner.snapshot().orElseThrow().id();
            RollbackContract.awaitActivity(runner, "'rollback " + id + "'");
            assertThat(fixture.texts(FOREIGN_KEYS)).containsExactlyElementsOf(before);
            assertThat(fixture.texts(ORPHANS)).isEmpty();
            writers.awaitMore(200);
            assertThat(new MigrationControl(database).request(id, Verb.ROLLBACK, Duration.ofSeconds(30)))
                    .isEqualTo("rolling back");
            assertThat(outcome.get()).as("%s", runner.snapshot()).isEqualTo(MigrationOutcome.ROLLED_BACK);
            writers.awaitMore(200);
            mover.stopAndCheck();
            writers.stopAndCheck();
        }
        assertThat(fixture.texts(FOREIGN_KEYS)).containsExactlyElementsOf(before);
        assertThat(fixture.texts(ORPHANS)).isEmpty();
        assertThat(fixture.texts(MISPLACED)).isEmpty();
        fixture.execute("DROP TABLE lines");
        fixture.execute("DROP TABLE kinds CASCADE");
    }

    @Test
    void losesNoWriteMadeBeforeOrAfterTheSwapWhenTheOldTableIsBroughtBack() throws Exception {
        DatabaseServer server = TestServers.postgres(PostgresVersion.V17);
        MigrationFixture fixture = fixture(server);
        fixture.execute("UPDATE orders SET legacy = id + 7");
        List<String> before = fixture.texts(NAMES);
        MigrationSpec spec = MigrationFixture.withRollbackWindow(
                MigrationFixture.spec(CutoverMode.AUTO, altered()), Duration.ofMinutes(10));
        try (Database database = fixture.open(FaultPoints.NONE);
                RecordedWriters writers = new RecordedWriters(server, MigrationFixture.ROWS);
                KindMover mover = new KindMover(fixture);
                MigrationRunner runner = fixture.runner(database, FaultPoints.NONE)) {
            CompletableFuture<MigrationOutcome> outcome = CompletableFuture.supplyAsync(() -> runner.start(spec));
            MigrationFixture.awaitState(runner, MigrationState.CUTOVER);
            MigrationId id = runner.snapshot().orElseThrow().id();
            RollbackContract.awaitActivity(runner, "'rollback " + id + "'");
            writers.awaitMore(300);
            assertThat(new MigrationControl(database).request(id, Verb.ROLLBACK, Duration.ofSeconds(30)))
                    .isEqualTo("rolling back");
            assertThat(outcome.get()).as("%s", runner.snapshot()).isEqualTo(MigrationOutcome.ROLLED_BACK);
            writers.awaitMore(200);
            mover.stopAndCheck();
            writers.stopAndCheck();
        }
        assertThat(fixture.texts(NAMES)).containsExactlyElementsOf(before);
        assertThat(fixture.texts(MISPLACED)).isEmpty();
        assertThat(fixture.texts("SELECT id FROM orders WHERE note LIKE 'seed %' AND id BETWEEN 1 AND 3000"
                        + " AND legacy <> id + 7"))
                .as("values that the new table had no column for")
                .isEmpty();
    }

    /** Its rows would be in the table and in no log. */
    @Test
    void aPartitionThatIsAttachedMeanwhileEndsTheMigration() throws Exception {
        DatabaseServer server = TestServers.postgres(PostgresVersion.V17);
        MigrationFixture fixture = fixture(server);
        fixture.execute("CREATE TABLE orders_far (LIKE orders INCLUDING ALL)");
        fixture.execute("INSERT INTO orders_far (id, note) VALUES (-7000, 'far')");
        try (Database database = fixture.open(FaultPoints.NONE);
                MigrationRunner runner = fixture.runner(database, FaultPoints.NONE)) {
            CompletableFuture<MigrationOutcome> outcome = CompletableFuture.supplyAsync(
                    () -> runner.start(MigrationFixture.spec(CutoverMode.MANUAL, altered())));
            MigrationFixture.awaitState(runner, MigrationState.READY);
            fixture.execute("ALTER TABLE orders ATTACH PARTITION orders_far FOR VALUES FROM (MINVALUE) TO (-1000)");
            assertThat(outcome.get()).isEqualTo(MigrationOutcome.FAILED);
            assertThat(runner.snapshot().orElseThrow().reason())
                    .contains("was changed while migration")
                    .contains("partition public.orders_far");
        }
        assertThat(fixture.texts("SELECT note FROM orders WHERE id = -7000")).containsExactly("far");
    }

    /** An application that moves its own rows from one list to another, and knows where each is. */
    private static final class KindMover implements AutoCloseable {
        private static final int ROWS = 300;
        private final MigrationFixture fixture;
        private final Map<Integer, String> kinds = new HashMap<>();
        private final AtomicInteger moved = new AtomicInteger();
        private final Thread thread = new Thread(this::run, "application-mover");
        private volatile boolean stop;
        private volatile String error = "";

        KindMover(MigrationFixture fixture) {
            this.fixture = fixture;
            thread.start();
        }

        private void run() {
            Random random = new Random(11);
            try (Connection connection = fixture.connect();
                    PreparedStatement move = connection.prepareStatement("UPDATE orders SET kind = ? WHERE id = ?")) {
                while (!stop) {
                    int id = -1 - random.nextInt(ROWS);
                    String kind = List.of("a", "b", "c", "x").get(random.nextInt(4));
                    move.setString(1, kind);
                    move.setInt(2, id);
                    if (move.executeUpdate() == 1) {
                        kinds.put(id, kind);
                        moved.incrementAndGet();
                    }
                    Thread.sleep(5);
                }
            } catch (SQLException e) {
                error = e.toString();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        void stopAndCheck() throws Exception {
            close();
            assertThat(error).isEmpty();
            assertThat(moved.get()).isGreaterThan(100);
            Map<Integer, String> found = fixture.texts("SELECT id || ' ' || kind FROM orders WHERE id < 0").stream()
                    .map(line -> line.split(" "))
                    .collect(Collectors.toMap(line -> Integer.valueOf(line[0]), line -> line[1]));
            assertThat(found).hasSize(ROWS).containsAllEntriesOf(kinds);
            // The others know nothing of them.
            fixture.execute("DELETE FROM orders WHERE id < 0");
        }

        @Override
        public void close() throws InterruptedException {
            stop = true;
            thread.join();
        }
    }
}
