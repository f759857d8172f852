package dev.shoofly.database.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.database.DuplicateRows;
import dev.shoofly.database.Reconciler;
import dev.shoofly.database.connection.Transactions;
import dev.shoofly.model.KeyRange;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Unique values that move between rows of different partitions must arrive, in whatever order they are applied. */
class UniqueValueSwapIT {
    private static final int ROWS = 12;
    private static final int ROUNDS = 60;
    private static final int MOST_ROUNDS = 20_000;
    private Lab lab;

    @BeforeEach
    void open() throws SQLException {
        lab = Lab.open();
    }

    @AfterEach
    void close() throws SQLException {
        lab.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "u int NOT NULL UNIQUE",
                "u int, EXCLUDE USING btree (u WITH =)",
                "u int, UNIQUE NULLS NOT DISTINCT (u)",
                "u int, g int GENERATED ALWAYS AS (u * 2) STORED UNIQUE",
            })
    void appliersThatRaceWithAWriterWhoSwapsValuesEndWithTheSourcesRows(String column) throws Exception {
        lab.run("CREATE TABLE t (id int PRIMARY KEY, n int, " + column + ")");
        race();
    }

    @Test
    void aPartialExpressionIndexIsSettledTheSameWay() throws Exception {
        lab.run("CREATE TABLE t (id int PRIMARY KEY, n int, u int)");
        lab.run("CREATE UNIQUE INDEX ON t ((u % 1000), (CASE WHEN u IS NULL THEN -1 ELSE 0 END)) WHERE u >= 0");
        race();
    }

    @Test
    void aRowThatGotItsValueBackWhileTheConflictRoutineWaitedForItIsNotDeleted() throws Exception {
        lab.run(
                "CREATE TABLE t (id int PRIMARY KEY, n int, u int UNIQUE)",
                "INSERT INTO t VALUES (1, 0, 10), (2, 0, 20)");
        MigrationPlan plan = lab.prepare("t", "ALTER n TYPE bigint");
        lab.copyAll(plan, 5);
        String swap = "UPDATE t SET u = -1 WHERE id = 1; UPDATE t SET u = 30 - u WHERE id = 2;"
                + " UPDATE t SET u = 30 - (SELECT u FROM t WHERE id = 2) WHERE id = 1";
        lab.run(swap);
        CompletableFuture<List<RowKey>> clearing;
        try (Connection applier = lab.connect();
                Statement statement = applier.createStatement()) {
            applier.setAutoCommit(false);
            statement.execute("SELECT * FROM " + Lab.shadow(plan) + " WHERE id = 1 FOR UPDATE");
            clearing = CompletableFuture.supplyAsync(() -> clear(plan, RowKey.of("2")));
            Waits.until(() -> lab.value("SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                            + " AND datname = current_database()")
                    .equals("t"));
            lab.run(swap);
            applier.commit();
        }
        assertThat(clearing.get(20, TimeUnit.SECONDS))
                .as("its candidate was read before the values went back")
                .isEmpty();
        assertThat(lab.database.comparer(plan).compare(KeyRange.ALL).equal()).isTrue();

        lab.run(swap);
        assertThat(clear(plan, RowKey.of("2"))).as("this time it is stale").containsExactly(RowKey.of("1"));
    }

    /** The application is in the middle of a transaction on both rows; what it has committed before is written. */
    @Test
    void neitherReconcilingNorMakingRoomWaitsForTheApplicationsRowLocks() throws Exception {
        lab.run(
                "CREATE TABLE t (id int PRIMARY KEY, n int, u text UNIQUE)",
                "INSERT INTO t VALUES (1, 0, 'a'), (2, 0, 'b')");
        MigrationPlan plan = lab.prepare("t", "ALTER n TYPE bigint");
        lab.copyAll(plan, 5);
        lab.run("UPDATE t SET u = 'x' WHERE id = 1", "UPDATE t SET u = 'a' WHERE id = 2");
        try (Connection application = lab.connect();
                Statement statement = application.createStatement()) {
            application.setAutoCommit(false);
            statement.execute("SELECT * FROM t FOR UPDATE");
            statement.execute("UPDATE t SET u = u || '!'");
            int partition = plan.key().partition(RowKey.of("2"), Lab.PARTITIONS);
            Reconciler.Outcome taken =
                    lab.database.reconciler(plan).apply(lab.batch(plan, partition, List.of(RowKey.of("2")), Set.of()));
            assertThat(taken.cleared()).isEqualTo(1);
            assertThat(taken.contention().lockWaits()).isZero();
            lab.reconcile(plan, RowKey.of("1"));
            statement.execute("UPDATE t SET u = u || '?'");
            application.commit();
        }
        assertThat(lab.rows("SELECT id, u FROM " + Lab.shadow(plan) + " ORDER BY id"))
                .containsExactly("(1,x)", "(2,a)");
    }

    /** A join with the list of keys may give their row twice: its keys are made distinct under another collation. */
    @Test
    void twoSpellingsOfOneCompositeKeyAreNoRealDuplicate() throws Exception {
        lab.run(
                "CREATE COLLATION blind (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
                "CREATE TABLE t (k text COLLATE blind, b int, n int, u int UNIQUE, PRIMARY KEY (k, b))",
                "INSERT INTO t SELECT 'row ' || i, 1, 1, i FROM generate_series(1, 2000) i",
                "ANALYZE t");
        MigrationPlan plan = lab.prepare("t", "ALTER n TYPE bigint");
        try (Connection connection = PostgresSession.connect(lab.profile())) {
            List<DuplicateRows.Pair> pairs = Transactions.run(
                    connection,
                    open -> new UniqueConflicts(plan)
                            .duplicates(
                                    open, rule(open, plan), List.of(RowKey.of("row 7", "1"), RowKey.of("ROW 7", "1"))));
            assertThat(pairs).isEmpty();
        }
    }

    private List<RowKey> clear(MigrationPlan plan, RowKey key) {
        try (Connection connection = PostgresSession.connect(lab.profile())) {
            return Transactions.run(
                    connection, open -> new UniqueConflicts(plan).clear(open, rule(open, plan), List.of(key)));
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Of the shadow's only unique index besides its key. */
    private UniqueRule rule(Connection connection, MigrationPlan plan) throws SQLException {
        String index = lab.value("SELECT relname FROM pg_class c JOIN pg_index i ON i.indexrelid = c.oid WHERE NOT"
                + " i.indisprimary AND i.indrelid = '" + Lab.shadow(plan) + "'::regclass");
        return UniqueRule.read(connection, plan, index).orElseThrow();
    }

    private void race() throws Exception {
        lab.run("INSERT INTO t (id, n, u) SELECT i, 0, i FROM generate_series(1, " + ROWS + ") i");
        MigrationPlan plan = lab.prepare("t", "ALTER n TYPE bigint");
        lab.copyAll(plan, 5);
        List<LinkedBlockingQueue<RowKey>> topics = new ArrayList<>();
        for (int i = 0; i < Lab.PARTITIONS; i++) {
            topics.add(new LinkedBlockingQueue<>());
        }
        AtomicInteger cleared = new AtomicInteger();
        CompletableFuture<Void> writer = CompletableFuture.runAsync(() -> write(plan, topics, cleared));
        List<CompletableFuture<Void>> appliers = new ArrayList<>();
        for (int i = 0; i < Lab.PARTITIONS; i++) {
            int partition = i;
            appliers.add(
                    CompletableFuture.runAsync(() -> drain(plan, partition, topics.get(partition), writer, cleared)));
        }
        writer.get(60, TimeUnit.SECONDS);
        for (CompletableFuture<Void> applier : appliers) {
            applier.get(60, TimeUnit.SECONDS);
        }
        assertThat(lab.rows("SELECT id, n, u FROM " + Lab.shadow(plan) + " ORDER BY id"))
                .isEqualTo(lab.rows("SELECT id, n, u FROM t ORDER BY id"));
        assertThat(lab.database.comparer(plan).compare(KeyRange.ALL).equal()).isTrue();
        assertThat(cleared).as("rows cleared, or the race did not happen").hasPositiveValue();
    }

    /**
     * Swaps by a detour over a free value, or by deleting and inserting; keys are queued after their commit. Goes on until
     * the appliers have met a value that had moved.
     */
    private void write(MigrationPlan plan, List<LinkedBlockingQueue<RowKey>> topics, AtomicInteger cleared) {
        Random random = new Random(42);
        try (Connection connection = lab.connect();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            for (int round = 0; round < ROUNDS || cleared.get() == 0 && round < MOST_ROUNDS; round++) {
                int a = 1 + random.nextInt(ROWS);
                int b = 1 + (a + random.nextInt(ROWS - 1)) % ROWS;
                if (random.nextInt(4) > 0) {
                    statement.execute("UPDATE t SET u = -id, n = n + 1 WHERE id IN (" + a + ", " + b + ")");
                    statement.execute("UPDATE t SET u = " + round(a, b, random) + " WHERE id = " + a);
                    statement.execute("UPDATE t SET u = " + b + " + 500 WHERE id = " + b
                            + " AND NOT EXISTS (SELECT 1 FROM t WHERE u = " + b + " + 500)");
                } else {
                    statement.execute("WITH gone AS (DELETE FROM t WHERE id IN (" + a + ", " + b + ") RETURNING *)"
                            + " SELECT count(*) FROM gone");
                    statement.execute(
                            "INSERT INTO t (id, n, u) VALUES (" + a + ", 0, -" + a + "), (" + b + ", 0, -" + b + ")");
                    statement.execute("UPDATE t SET u = " + round(a, b, random) + " WHERE id = " + b);
                }
                connection.commit();
                for (int key : new int[] {a, b}) {
                    RowKey dirty = RowKey.of(String.valueOf(key));
                    topics.get(plan.key().partition(dirty, Lab.PARTITIONS)).add(dirty);
                }
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A value that is free now and was another row's a moment ago, mostly. */
    private static String round(int a, int b, Random random) {
        String wanted = String.valueOf(random.nextBoolean() ? b : a);
        return "(SELECT v FROM (SELECT " + wanted + " AS v, 0 AS o UNION ALL SELECT i, 1 FROM generate_series(1, "
                + (ROWS * 2)
                + ") i) free WHERE NOT EXISTS (SELECT 1 FROM t o WHERE o.u = free.v) ORDER BY o, v LIMIT 1)";
    }

    private void drain(
            MigrationPlan plan,
            int partition,
            LinkedBlockingQueue<RowKey> topic,
            CompletableFuture<Void> writer,
            AtomicInteger cleared) {
        Reconciler reconciler = lab.database.reconciler(plan);
        while (true) {
            boolean over = writer.isDone();
            List<RowKey> keys = new ArrayList<>();
            topic.drainTo(keys, 5);
            if (keys.isEmpty()) {
                if (over) {
                    return;
                }
                Thread.onSpinWait();
                continue;
            }
            List<RowKey> distinct = keys.stream().distinct().toList();
            cleared.addAndGet(reconciler
                    .apply(lab.batch(plan, partition, distinct, Set.of()))
                    .cleared());
        }
    }
}
