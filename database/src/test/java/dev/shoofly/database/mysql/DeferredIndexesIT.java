package dev.shoofly.database.mysql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.database.DeferredIndexes;
import dev.shoofly.database.DeferredIndexes.Result;
import dev.shoofly.database.DeferredIndexes.Writers;
import dev.shoofly.model.CutoverSettings;
import dev.shoofly.model.DeferIndexes;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.MigrationSpec;
import dev.shoofly.model.OnDuplicates;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.StrategyChoice;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class DeferredIndexesIT {
    private static final String[] TABLE = {
        "CREATE TABLE t (id INT PRIMARY KEY, tenant INT NOT NULL, serial INT NOT NULL AUTO_INCREMENT, name VARCHAR(200),"
                + " body TEXT, place POINT NOT NULL SRID 4326, UNIQUE KEY one_name (name), KEY counter (serial),"
                + " KEY by_tenant (tenant, id DESC) COMMENT 'it''s, \\n used', KEY `odd ``name` (name(7)),"
                + " KEY hidden (tenant) INVISIBLE, KEY computed ((LOWER(name))), FULLTEXT KEY words (body),"
                + " SPATIAL KEY places (place))",
        "INSERT INTO t (id, tenant, name, body, place)"
                + " VALUES (1, 1, 'a', 'x', ST_SRID(POINT(1, 1), 4326)), (2, 1, 'b', 'y', ST_SRID(POINT(2, 2), 4326))"
    };

    @Test
    void theShadowGetsThemBackAsTheyWere() throws Exception {
        try (Bench bench = Bench.open()) {
            bench.sql(TABLE);
            MigrationPlan never = prepare(bench, DeferIndexes.NEVER);
            List<String> wanted = indexes(bench, never);
            assertThat(bench.database().deferredIndexes(never).missing()).isEmpty();

            MigrationPlan plan = prepare(bench, DeferIndexes.ALWAYS);
            DeferredIndexes indexes = bench.database().deferredIndexes(plan);
            assertThat(indexes.missing()).contains("by_tenant", "odd `name", "hidden", "added", "one_name");
            assertThat(indexes.missing())
                    .as("what a row cannot be written without, or the server cannot build beside writers")
                    .doesNotContain("PRIMARY", "counter", "words", "places");
            bench.copy(plan, 10);
            assertThat(indexes.build(Writers.AT_WORK, 2, () -> true)).isEqualTo(Result.COMPLETE);
            assertThat(indexes.missing()).isEmpty();
            assertThat(indexes(bench, plan)).containsExactlyInAnyOrderElementsOf(wanted);
            assertThat(bench.isEqual(plan)).isTrue();
            assertThat(indexes.build(Writers.AT_WORK, 2, () -> true)).isEqualTo(Result.COMPLETE);
        }
    }

    @Test
    void theyCanBeBuiltWithTheAppliersStanding() throws Exception {
        try (Bench bench = Bench.open()) {
            bench.sql(TABLE);
            DeferredIndexes indexes = bench.database().deferredIndexes(prepare(bench, DeferIndexes.ALWAYS));
            assertThat(indexes.build(Writers.STANDING, 1, () -> true)).isEqualTo(Result.COMPLETE);
            assertThat(indexes.missing()).isEmpty();
        }
    }

    @Test
    void nothingIsPutOffForASmallTableUnlessAskedFor() throws Exception {
        try (Bench bench = Bench.open()) {
            bench.sql(TABLE);
            assertThat(bench.database()
                            .deferredIndexes(prepare(bench, DeferIndexes.AUTO))
                            .missing())
                    .isEmpty();
        }
    }

    /** A build cannot be slowed down. */
    @Test
    void theBuildDoesNotTakeOneOfFewProcessorsFromApplications() throws Exception {
        try (Bench bench = Bench.open();
                Connection application = bench.connect()) {
            bench.sql(
                    "CREATE TABLE t (id INT PRIMARY KEY, tenant INT NOT NULL, KEY by_tenant (tenant))",
                    "SET SESSION cte_max_recursion_depth = 100000",
                    "INSERT INTO t WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)"
                            + " SELECT i, i % 100 FROM n",
                    "ANALYZE TABLE t");
            boolean few = bench.database().processors().orElseThrow() < 4;

            Bench.await(() -> !bench.database().load().othersWork());
            assertThat(missing(bench, DeferIndexes.AUTO)).contains("by_tenant");

            String session = Bench.rows(application, "SELECT CONNECTION_ID()").get(0);
            CompletableFuture<Void> work = CompletableFuture.runAsync(() -> sleep(application));
            Bench.await(() -> bench.database().load().othersWork());
            assertThat(missing(bench, DeferIndexes.AUTO).contains("by_tenant")).isEqualTo(!few);
            assertThat(missing(bench, DeferIndexes.ALWAYS)).contains("by_tenant");
            bench.sql("KILL QUERY " + session);
            work.join();
        }
    }

    private static void sleep(Connection application) {
        try {
            Bench.execute(application, "DO SLEEP(60)");
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static List<String> missing(Bench bench, DeferIndexes wish) {
        return bench.database().deferredIndexes(prepare(bench, wish)).missing();
    }

    @Test
    void aBuildThatIsGivenUpLeavesNothingAndBeginsAgain() throws Exception {
        try (Bench bench = Bench.open();
                Connection inTheWay = bench.connect()) {
            bench.sql(TABLE);
            MigrationPlan plan = prepare(bench, DeferIndexes.ALWAYS);
            DeferredIndexes indexes = bench.database().deferredIndexes(plan);
            List<String> all = indexes.missing();
            hold(inTheWay, plan);
            assertThat(indexes.build(Writers.AT_WORK, 2, () -> !isWaiting(bench)))
                    .isEqualTo(Result.GIVEN_UP);
            assertThat(indexes.missing()).isEqualTo(all);
            inTheWay.rollback();
            assertThat(indexes.build(Writers.AT_WORK, 2, () -> true)).isEqualTo(Result.COMPLETE);
        }
    }

    @Test
    void anInterruptEndsTheBuildOnTheServerToo() throws Exception {
        try (Bench bench = Bench.open();
                Connection inTheWay = bench.connect()) {
            bench.sql(TABLE);
            MigrationPlan plan = prepare(bench, DeferIndexes.ALWAYS);
            DeferredIndexes indexes = bench.database().deferredIndexes(plan);
            hold(inTheWay, plan);
            Thread builder = Thread.currentThread();
            CompletableFuture<Void> interrupter = CompletableFuture.runAsync(() -> {
                while (!isWaiting(bench)) {
                    Thread.onSpinWait();
                }
                builder.interrupt();
            });
            assertThatThrownBy(() -> indexes.build(Writers.AT_WORK, 2, () -> true))
                    .isInstanceOfSatisfying(
                            ShooflyException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.SUPERSEDED));
            assertThat(Thread.interrupted()).isTrue();
            interrupter.join();
            assertThat(isWaiting(bench)).isFalse();
        }
    }

    /** The process that began it died, and the server went on: ours waits for its locks, and must not fail for it. */
    @Test
    void oneThatAnotherProcessBuiltMeanwhileIsNoFailure() throws Exception {
        try (Bench bench = Bench.open();
                Connection inTheWay = bench.connect()) {
            bench.sql(TABLE);
            MigrationPlan plan = prepare(bench, DeferIndexes.ALWAYS);
            DeferredIndexes indexes = bench.database().deferredIndexes(plan);
            hold(inTheWay, plan);
            AtomicBoolean ours = new AtomicBoolean();
            CompletableFuture<Result> first =
                    CompletableFuture.supplyAsync(() -> indexes.build(Writers.AT_WORK, 2, () -> true));
            until(() -> isWaiting(bench));
            CompletableFuture<Result> second = CompletableFuture.supplyAsync(() -> {
                ours.set(true);
                return indexes.build(Writers.AT_WORK, 2, () -> true);
            });
            until(() -> waiting(bench) == 2);
            inTheWay.rollback();
            assertThat(List.of(first, second))
                    .allSatisfy(
                            build -> assertThat(endOf(build)).isIn(Result.COMPLETE.name(), ErrorKind.TRANSIENT.name()));
            assertThat(indexes.missing()).isEmpty();
        }
    }

    private static String endOf(CompletableFuture<Result> build) {
        return build.handle((result, error) -> error == null
                        ? result.name()
                        : error.getCause() instanceof ShooflyException known
                                ? known.kind().name()
                                : error.toString())
                .join();
    }

    private static void until(java.util.function.BooleanSupplier condition) {
        while (!condition.getAsBoolean()) {
            Thread.onSpinWait();
        }
    }

    private static void hold(Connection connection, MigrationPlan plan) throws Exception {
        connection.setAutoCommit(false);
        Bench.execute(connection, "SELECT * FROM " + MySqlNames.quote(plan.shadow()));
    }

    private static boolean isWaiting(Bench bench) {
        return waiting(bench) > 0;
    }

    private static int waiting(Bench bench) {
        try (Connection connection = bench.connect()) {
            return Bench.rows(
                            connection,
                            "SELECT 1 FROM information_schema.processlist WHERE state LIKE 'Waiting for table metadata%'"
                                    + " AND info LIKE 'ALTER TABLE `" + bench.schema() + "`%'")
                    .size();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static MigrationPlan prepare(Bench bench, DeferIndexes wish) {
        return bench.database()
                .preparation()
                .createShadow(
                        MigrationId.random(new Random()),
                        bench.database().preparation().resolve("t"),
                        new MigrationSpec(
                                "t",
                                List.of("ADD COLUMN w INT, ADD INDEX added (w)"),
                                StrategyChoice.SHADOW,
                                Bench.PARTITIONS,
                                100,
                                CutoverSettings.DEFAULT,
                                OnDuplicates.FAIL,
                                wish));
    }

    private static List<String> indexes(Bench bench, MigrationPlan plan) throws Exception {
        return bench.rows("SELECT index_name, non_unique, seq_in_index, column_name, collation, sub_part, index_type,"
                + " index_comment, is_visible, expression FROM information_schema.statistics WHERE table_schema = '"
                + plan.shadow().schema() + "' AND table_name = '"
                + plan.shadow().table() + "'");
    }
}
