package dev.shoofly.database.mysql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.database.DeferredIndexes;
import dev.shoofly.database.DeferredIndexes.Result;
import dev.shoofly.database.DeferredIndexes.Writers;
import dev.shoofly.database.Reconciler;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Unique indexes that the shadow gets after the copy. */
@Timeout(120)
class DeferredUniqueIT {
    @Test
    void onlyThoseArePutOffWhoseValuesTheSourceKeepsApartItself() throws Exception {
        try (Bench bench = Bench.open()) {
            bench.sql(
                    "CREATE TABLE t (id INT PRIMARY KEY, a VARCHAR(20), b INT, c VARCHAR(9), d INT NOT NULL, e VARCHAR(20),"
                            + " UNIQUE KEY by_a (a DESC) COMMENT 'it''s', UNIQUE KEY by_b (b), UNIQUE KEY retyped (c),"
                            + " UNIQUE KEY short (e(4)), UNIQUE KEY computed ((LOWER(e))), UNIQUE KEY collated (e))",
                    "INSERT INTO t VALUES (1, 'a', 1, 'c', 1, 'e'), (2, 'b', 2, 'd', 2, 'f')");
            MigrationPlan plan = bench.prepareWithLateIndexes(
                    "t",
                    "MODIFY c VARCHAR(30), MODIFY e VARCHAR(20) COLLATE utf8mb4_bin",
                    "ADD UNIQUE KEY wider (d, a), ADD UNIQUE KEY fresh (d)",
                    "RENAME COLUMN b TO bb");
            assertThat(bench.database().deferredIndexes(plan).missing())
                    .containsExactlyInAnyOrder("by_a", "by_b", "wider");
        }
    }

    @Test
    void theSharedKeysIndexStays() throws Exception {
        try (Bench bench = Bench.open()) {
            bench.sql(
                    "CREATE TABLE t (id INT NOT NULL, code INT NOT NULL, UNIQUE KEY one_id (id), UNIQUE KEY one_code (code))",
                    "INSERT INTO t VALUES (1, 11), (2, 12), (3, 13)");
            MigrationPlan plan = bench.prepareWithLateIndexes("t", "ADD COLUMN w INT");
            List<String> late = bench.database().deferredIndexes(plan).missing();
            assertThat(late).hasSize(1).doesNotContain(plan.key().sourceIndex());
            bench.copy(plan, 2);
            assertThat(bench.isEqual(plan)).isTrue();
        }
    }

    /** One row has given its value up and is not brought up to date yet; the one that took it is. */
    @Test
    void rowsThatShareAValueAreBroughtUpToDateBeforeTheBuild() throws Exception {
        try (Bench bench = Bench.open()) {
            bench.sql(
                    "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(20), n INT NOT NULL, UNIQUE KEY one_v (v), KEY by_n (n))",
                    "INSERT INTO t WITH RECURSIVE i (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < 900)"
                            + " SELECT n, CONCAT('v', n), n FROM i",
                    "INSERT INTO t VALUES (901, NULL, 1), (902, NULL, 1)");
            MigrationPlan plan = bench.prepareWithLateIndexes("t", "ADD COLUMN w INT");
            bench.copy(plan, 300);
            // Half of the rows move on to other values, the other half take theirs; some takers are applied.
            bench.sql(
                    "UPDATE t SET v = CONCAT('gone', id) WHERE id <= 450",
                    "UPDATE t SET v = CONCAT('v', id - 450) WHERE id > 450 AND id <= 900",
                    "DELETE FROM t WHERE id = 7");
            bench.reconcile(plan, RowKey.of("451"), RowKey.of("457"), RowKey.of("899"));
            DeferredIndexes indexes = bench.database().deferredIndexes(plan);
            assertThat(indexes.build(Writers.AT_WORK, 2, () -> true))
                    .as("appliers would need to stand still only for the unique one")
                    .isEqualTo(Result.NEEDS_STANDSTILL);
            assertThat(indexes.missing()).containsExactly("one_v");
            assertThat(indexes.build(Writers.STANDING, 2, () -> true)).isEqualTo(Result.COMPLETE);
            assertThat(indexes.missing()).isEmpty();
            assertThat(bench.rows("SELECT id, v FROM " + MySqlNames.quote(plan.shadow())
                            + " WHERE id IN (1, 7, 449, 451, 457, 899) ORDER BY id"))
                    .containsExactly("1|gone1", "449|gone449", "451|v1", "457|v7", "899|v449");
        }
    }

    /** A reconciler that was at work before the index was there. */
    @Test
    void valuesThatMoveLaterFindTheIndexAndGetRoom() throws Exception {
        try (Bench bench = Bench.open()) {
            bench.sql(
                    "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(20), UNIQUE KEY one_v (v))",
                    "INSERT INTO t VALUES (1, 'v1'), (2, 'v2'), (3, 'v3')");
            MigrationPlan plan = bench.prepareWithLateIndexes("t", "ADD COLUMN w INT");
            bench.copy(plan, 2);
            Reconciler reconciler = bench.database().reconciler(plan);
            apply(bench, reconciler, plan, "3");
            assertThat(bench.database().deferredIndexes(plan).build(Writers.AT_WORK, 1, () -> true))
                    .isEqualTo(Result.COMPLETE);
            bench.sql("UPDATE t SET v = 'new' WHERE id = 1", "UPDATE t SET v = 'v1' WHERE id = 2");
            apply(bench, reconciler, plan, "2");
            apply(bench, reconciler, plan, "1");
            assertThat(bench.isEqual(plan)).isTrue();
        }
    }

    /**
     * The index is complete, and the ALTER waits for the lock with which it ends: a value that is written twice then, and taken
     * back, costs it the index, and the server has another error number for that.
     */
    @Test
    void aValueThatIsTakenBackWhileTheBuildWaitsForItsLastLock() throws Exception {
        try (Bench bench = Bench.open();
                Connection first = bench.connect();
                Connection second = bench.connect()) {
            bench.sql(
                    "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(20), UNIQUE KEY one_v (v))",
                    "INSERT INTO t VALUES (1, 'v1'), (2, 'v2'), (3, 'v3')");
            MigrationPlan plan = bench.prepareWithLateIndexes("t", "ADD COLUMN w INT");
            bench.copy(plan, 2);
            String shadow = MySqlNames.quote(plan.shadow());
            String waiting = "SELECT 1 FROM information_schema.processlist"
                    + " WHERE state LIKE 'Waiting for table metadata%' AND db = '" + bench.schema()
                    + "' AND info LIKE ";
            DeferredIndexes indexes = bench.database().deferredIndexes(plan);
            begin(first, "UPDATE " + shadow + " SET w = 1 WHERE id = 1");
            CompletableFuture<Result> build =
                    CompletableFuture.supplyAsync(() -> indexes.build(Writers.AT_WORK, 1, () -> true));
            Bench.await(() -> !bench.rows(waiting + "'ALTER%'").isEmpty());
            // Queued behind the ALTER, and so let in by it as soon as its work begins, which cannot end before this
            // does.
            CompletableFuture<Void> queued =
                    CompletableFuture.runAsync(() -> begin(second, "UPDATE " + shadow + " SET w = 2 WHERE id = 2"));
            Bench.await(() -> !bench.rows(waiting + "'UPDATE%'").isEmpty());
            first.commit();
            queued.join();
            Bench.await(() -> !bench.rows(waiting + "'ALTER%'").isEmpty());
            Bench.execute(second, "INSERT INTO " + shadow + " (id, v) VALUES (4, 'v1')");
            Bench.execute(second, "DELETE FROM " + shadow + " WHERE id = 4");
            second.commit();
            assertThat(build.get()).as("no mistake of anybody's, so no failure").isEqualTo(Result.NEEDS_STANDSTILL);
            assertThat(indexes.build(Writers.STANDING, 1, () -> true)).isEqualTo(Result.COMPLETE);
            assertThat(indexes.missing()).isEmpty();
        }
    }

    private static void begin(Connection connection, String sql) {
        try {
            connection.setAutoCommit(false);
            Bench.execute(connection, sql);
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    private static void apply(Bench bench, Reconciler reconciler, MigrationPlan plan, String id) {
        RowKey key = RowKey.of(id);
        reconciler.apply(bench.batch(plan.key().partition(key, Bench.PARTITIONS), List.of(key), Set.of()));
    }
}
