package dev.shoofly.database.mysql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.database.Reconciler;
import dev.shoofly.model.DuplicateRowsException;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Unique values that move between rows while partitions are applied in any order. */
class UniqueValueIT {
    private static final int ROWS = 12;
    private Bench bench;

    @BeforeEach
    void open() throws SQLException {
        bench = Bench.open();
    }

    @AfterEach
    void close() throws SQLException {
        bench.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "u VARCHAR(20) NOT NULL, UNIQUE KEY (u)",
                "u VARCHAR(20) NOT NULL, UNIQUE KEY (u(4))",
                "u VARCHAR(20), UNIQUE KEY ((LOWER(u)))",
                "u VARCHAR(20), l VARCHAR(20) AS (CONCAT(u, '\\'')) VIRTUAL, UNIQUE KEY (l)"
            })
    void aValueThatMovedToAnotherPartitionIsClearedAndItsRowWrittenAgain(String columns) throws Exception {
        bench.sql("CREATE TABLE t (id INT PRIMARY KEY, v INT, " + columns + ")");
        bench.sql("INSERT INTO t (id, u, v) VALUES (1, 'aaaa', 1), (2, 'bbbb', 2), (3, 'cccc', 3)");
        MigrationPlan plan = bench.prepare("t", "MODIFY v BIGINT");
        bench.copy(plan, 10);
        bench.sql(
                "UPDATE t SET u = 'x' WHERE id = 1",
                "UPDATE t SET u = 'aaaa' WHERE id = 2",
                "UPDATE t SET u = 'bbbb' WHERE id = 3",
                "UPDATE t SET u = 'cccc' WHERE id = 1");
        Reconciler.Outcome taken = bench.reconcile(plan, RowKey.of("2"));
        assertThat(taken.cleared()).isEqualTo(1);
        assertThat(taken.retries()).isPositive();
        bench.reconcile(plan, RowKey.of("3"), RowKey.of("1"));
        assertThat(bench.isEqual(plan)).isTrue();
    }

    /** What failed first must be what is told: a connection that is lost is no reason to end a migration. */
    @Test
    void aConnectionThatIsLostWhileValuesAreExchangedIsTriedAgain() throws Exception {
        AtomicInteger reached = new AtomicInteger();
        try (Bench cut = Bench.open(point -> {
            // The first time it is the whole batch that meets the conflict.
            if (point.equals("reconcile.after-lock") && reached.incrementAndGet() == 2) {
                killSessions();
            }
        })) {
            cut.sql("CREATE TABLE t (id INT PRIMARY KEY, u INT UNIQUE)", "INSERT INTO t VALUES (1, 1), (2, 2)");
            MigrationPlan plan = cut.prepare("t", "ADD COLUMN w INT");
            cut.copy(plan, 10);
            cut.sql("UPDATE t SET u = 3 WHERE id = 1", "UPDATE t SET u = 1 WHERE id = 2");
            reached.set(0);
            assertThatThrownBy(() -> cut.reconcile(plan, RowKey.of("2")))
                    .isInstanceOfSatisfying(
                            ShooflyException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.TRANSIENT))
                    .hasMessageNotContaining("Connection is closed");
            cut.reconcile(plan, RowKey.of("2"));
            cut.reconcile(plan, RowKey.of("1"));
            assertThat(cut.isEqual(plan)).isTrue();
        }
    }

    private void killSessions() {
        try {
            for (String session : bench.rows("SELECT processlist_id FROM performance_schema.session_connect_attrs"
                    + " WHERE attr_name = 'program_name' AND attr_value = '" + MySqlSession.PROGRAM + "'")) {
                bench.sql("KILL " + session);
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The application is in the middle of a transaction on both rows; what it has committed before is written. */
    @Test
    void neitherReconcilingNorMakingRoomWaitsForTheApplicationsRowLocks() throws Exception {
        bench.sql(
                "CREATE TABLE t (id INT PRIMARY KEY, u VARCHAR(20) UNIQUE)", "INSERT INTO t VALUES (1, 'a'), (2, 'b')");
        MigrationPlan plan = bench.prepare("t", "ADD COLUMN w INT");
        bench.copy(plan, 10);
        bench.sql("UPDATE t SET u = 'x' WHERE id = 1", "UPDATE t SET u = 'a' WHERE id = 2");
        try (Connection application = bench.connect()) {
            application.setAutoCommit(false);
            Bench.execute(application, "SELECT * FROM t FOR UPDATE");
            Bench.execute(application, "UPDATE t SET u = CONCAT(u, '!')");
            Reconciler.Outcome taken = bench.reconcile(plan, RowKey.of("2"));
            assertThat(taken.cleared()).isEqualTo(1);
            assertThat(taken.contention().lockWaits()).isZero();
            bench.reconcile(plan, RowKey.of("1"));
            Bench.execute(application, "UPDATE t SET u = CONCAT(u, '?')");
            application.commit();
        }
        assertThat(bench.rows("SELECT id, u FROM " + MySqlNames.quote(plan.shadow()) + " ORDER BY id"))
                .containsExactly("1|x", "2|a");
    }

    @Test
    void aSwapInsideOneBatchIsWritten() throws Exception {
        bench.sql(
                "CREATE TABLE t (id INT PRIMARY KEY, u VARCHAR(20) NOT NULL UNIQUE)",
                "INSERT INTO t VALUES (1, 'a'), (2, 'b')");
        MigrationPlan plan = bench.prepare("t", "ADD COLUMN w INT");
        bench.copy(plan, 10);
        bench.sql(
                "UPDATE t SET u = 'x' WHERE id = 1",
                "UPDATE t SET u = 'a' WHERE id = 2",
                "UPDATE t SET u = 'b' WHERE id = 1");
        bench.database().reconciler(plan).apply(bench.batch(0, List.of(RowKey.of("1"), RowKey.of("2")), Set.of()));
        assertThat(bench.isEqual(plan)).isTrue();
    }

    /** The row in the way is locked by its own applier, which writes it as the source has it by then. */
    @ParameterizedTest
    @ValueSource(strings = {"'a'", "NULL", "'z'"})
    void aRowThatItsOwnerWroteWhileTheConflictRoutineWaitedForItIsNotDeleted(String written) throws Exception {
        bench.sql(
                "CREATE TABLE t (id INT PRIMARY KEY, u VARCHAR(20) UNIQUE)", "INSERT INTO t VALUES (1, 'a'), (2, 'b')");
        MigrationPlan plan = bench.prepare("t", "ADD COLUMN w INT");
        bench.copy(plan, 10);
        bench.sql("UPDATE t SET u = 'x' WHERE id = 1", "UPDATE t SET u = 'a' WHERE id = 2");
        String shadow = MySqlNames.quote(plan.shadow());
        ExecutorService applier = Executors.newSingleThreadExecutor();
        try (Connection owner = bench.connect()) {
            owner.setAutoCommit(false);
            Bench.execute(owner, "SELECT * FROM " + shadow + " WHERE id = 1 FOR UPDATE");
            Future<?> taking = applier.submit(() -> bench.reconcile(plan, RowKey.of("2")));
            Bench.await(() -> !bench.rows("SELECT 1 FROM performance_schema.data_lock_waits")
                    .isEmpty());
            bench.sql("UPDATE t SET u = 'b2' WHERE id = 2", "UPDATE t SET u = " + written + " WHERE id = 1");
            Bench.execute(owner, "UPDATE " + shadow + " SET u = " + written + " WHERE id = 1");
            owner.commit();
            taking.get();
        } finally {
            applier.shutdown();
        }
        assertThat(bench.rows("SELECT id, u FROM " + shadow + " ORDER BY id"))
                .as("row 1 is not reconciled again: nobody would bring it back")
                .isEqualTo(bench.rows("SELECT id, u FROM t ORDER BY id"));
    }

    @Test
    void realDuplicatesUnderANewUniqueKeyAreNamed() throws Exception {
        bench.sql(
                "CREATE TABLE t (id INT PRIMARY KEY, u VARCHAR(20))",
                "INSERT INTO t VALUES (1, 'a'), (7, 'B'), (9, 'b'), (11, NULL), (12, NULL)");
        MigrationPlan plan = bench.prepare("t", "ADD UNIQUE KEY `one of each` (u)");
        assertThatThrownBy(() -> bench.copy(plan, 100))
                .isInstanceOfSatisfying(
                        ShooflyException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.DATA))
                .hasMessageContaining("one of each")
                .hasMessageContaining("in the rows 7 and 9");

        bench.sql("DELETE FROM t WHERE id = 9");
        bench.sql("UPDATE shoofly.segments SET epoch = epoch WHERE migration_id = '" + plan.id() + "'");
        bench.reconcile(plan, RowKey.of("1"), RowKey.of("7"), RowKey.of("11"), RowKey.of("12"));
        assertThat(bench.isEqual(plan)).isTrue();
        bench.sql("INSERT INTO t VALUES (20, 'A')");
        assertThatThrownBy(() -> bench.reconcile(plan, RowKey.of("20")))
                .isInstanceOfSatisfying(
                        ShooflyException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.DATA))
                .hasMessageContaining("in the rows 1 and 20");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "VARCHAR(20)                            | MODIFY u INT                                    | '7', '07'",
                "VARCHAR(20) COLLATE utf8mb4_bin        | MODIFY u VARCHAR(20) COLLATE utf8mb4_0900_ai_ci | 'a', 'Á'",
                "VARCHAR(20)                            | DROP INDEX u, ADD UNIQUE KEY u (u(3))           | 'abcd', 'abce'",
                "DECIMAL(6,2)                           | MODIFY u DECIMAL(6,1)                           | 1.51, 1.52"
            })
    void aUniqueKeyThatAnotherTypeOrPrefixTightensHasItsCollisionsNamed(String type, String alter, String values)
            throws Exception {
        bench.sql("CREATE TABLE t (id INT PRIMARY KEY, u " + type + ", UNIQUE KEY u (u))");
        int id = 1;
        for (String value : values.split(", ")) {
            bench.sql("INSERT INTO t VALUES (" + id++ + ", " + value + ")");
        }
        List<String> before = bench.rows("SELECT * FROM t");
        MigrationPlan plan = bench.prepare("t", alter);
        assertThatThrownBy(() -> bench.copy(plan, 10))
                .isInstanceOf(DuplicateRowsException.class)
                .hasMessageContaining("`u`")
                .hasMessageContaining("in the rows 1 and 2");
        assertThat(bench.rows("SELECT * FROM t")).isEqualTo(before);
    }

    @Test
    void valuesSwappedUnderConcurrentAppliersEndUpRight() throws Exception {
        bench.sql("CREATE TABLE t (id INT PRIMARY KEY, u VARCHAR(20) NOT NULL UNIQUE, n INT NOT NULL)");
        for (int id = 0; id < ROWS; id++) {
            bench.sql("INSERT INTO t VALUES (" + id + ", 'v" + id + "', 0)");
        }
        MigrationPlan plan = bench.prepare("t", "MODIFY n BIGINT NOT NULL");
        bench.copy(plan, 5);
        List<BlockingQueue<RowKey>> topic = new ArrayList<>();
        AtomicBoolean written = new AtomicBoolean();
        Queue<Throwable> errors = new ConcurrentLinkedQueue<>();
        AtomicInteger cleared = new AtomicInteger();
        ExecutorService appliers = Executors.newFixedThreadPool(Bench.PARTITIONS);
        List<Future<?>> running = new ArrayList<>();
        for (int partition = 0; partition < Bench.PARTITIONS; partition++) {
            topic.add(new LinkedBlockingQueue<>());
            int mine = partition;
            running.add(appliers.submit(() -> apply(plan, mine, topic.get(mine), written, errors, cleared)));
        }
        try (Connection writer = bench.connect()) {
            writer.setAutoCommit(false);
            Random random = new Random(7);
            // Until the race has happened.
            for (int i = 0; errors.isEmpty() && (i < 300 || cleared.get() == 0 && i < 20_000); i++) {
                change(writer, random);
                for (int id = 0; id < ROWS; id++) {
                    RowKey key = RowKey.of(String.valueOf(id));
                    topic.get(plan.key().partition(key, Bench.PARTITIONS)).add(key);
                }
            }
        } finally {
            written.set(true);
            for (Future<?> each : running) {
                each.get();
            }
            appliers.shutdown();
        }
        assertThat(errors).isEmpty();
        assertThat(cleared).hasPositiveValue();
        assertThat(bench.rows("SELECT id, u, n FROM " + MySqlNames.quote(plan.shadow()) + " ORDER BY id"))
                .isEqualTo(bench.rows("SELECT id, u, n FROM t ORDER BY id"));
    }

    /** Swaps or rotates values, or deletes a row and gives its value away. */
    private static void change(Connection writer, Random random) throws SQLException {
        List<String> ids = Bench.rows(writer, "SELECT id FROM t ORDER BY RAND() LIMIT " + (2 + random.nextInt(2)));
        List<String> values = new ArrayList<>();
        for (String id : ids) {
            values.add(Bench.rows(writer, "SELECT u FROM t WHERE id = " + id).get(0));
        }
        if (random.nextInt(4) == 0) {
            Bench.execute(writer, "DELETE FROM t WHERE id = " + ids.get(0));
            Bench.execute(writer, "UPDATE t SET u = '" + values.get(0) + "', n = n + 1 WHERE id = " + ids.get(1));
            writer.commit();
            Bench.execute(writer, "INSERT INTO t VALUES (" + ids.get(0) + ", '" + values.get(1) + "', 1)");
        } else {
            for (int i = 0; i < ids.size(); i++) {
                Bench.execute(writer, "UPDATE t SET u = 'tmp" + i + "' WHERE id = " + ids.get(i));
            }
            for (int i = 0; i < ids.size(); i++) {
                Bench.execute(
                        writer,
                        "UPDATE t SET n = n + 1, u = '" + values.get((i + 1) % ids.size()) + "' WHERE id = "
                                + ids.get(i));
            }
        }
        writer.commit();
    }

    private void apply(
            MigrationPlan plan,
            int partition,
            BlockingQueue<RowKey> queue,
            AtomicBoolean written,
            Queue<Throwable> errors,
            AtomicInteger cleared) {
        Reconciler reconciler = bench.database().reconciler(plan);
        try {
            while (!written.get() || !queue.isEmpty()) {
                List<RowKey> keys = new ArrayList<>();
                queue.drainTo(keys, 50);
                Reconciler.Outcome outcome = reconciler.apply(
                        bench.batch(partition, keys.stream().distinct().toList(), Set.of()));
                cleared.addAndGet(outcome.cleared());
            }
        } catch (RuntimeException e) {
            errors.add(e);
        }
    }

    /** LIKE does not know that the collation equates one letter with two; the server's own index does. */
    @Test
    void aRowInTheWayThatNoConstantFindsIsFoundAllTheSame() throws Exception {
        bench.sql(
                "CREATE TABLE s (id INT PRIMARY KEY, c VARCHAR(20) COLLATE utf8mb4_unicode_ci NOT NULL, v INT,"
                        + " UNIQUE KEY u (c(4)))",
                "INSERT INTO s VALUES (1, '\u00df', 1), (2, 'other', 1)");
        MigrationPlan plan = bench.prepare("s", "MODIFY v BIGINT");
        bench.copy(plan, 10);
        bench.sql("DELETE FROM s WHERE id = 1", "UPDATE s SET c = 'ss' WHERE id = 2");
        bench.reconcile(plan, RowKey.of("2"));
        assertThat(bench.rows("SELECT id, c FROM " + MySqlNames.quote(plan.shadow()) + " WHERE id = 2"))
                .containsExactly("2|ss");
    }
}
