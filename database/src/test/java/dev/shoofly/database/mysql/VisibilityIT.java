package dev.shoofly.database.mysql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.database.Reconciler;
import dev.shoofly.database.XaTransaction;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;
import java.sql.Connection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** The log delivers a change before readers see it. */
class VisibilityIT {
    private static final RowKey KEY = RowKey.of("1");

    private static MigrationPlan plan(Bench bench) throws Exception {
        bench.sql("CREATE TABLE t (id INT PRIMARY KEY, v INT NOT NULL)", "INSERT INTO t VALUES (1, 1)");
        MigrationPlan plan = bench.prepare("t", "MODIFY v BIGINT NOT NULL");
        bench.copy(plan, 10);
        return plan;
    }

    private static Reconciler.Batch batch(Bench bench, MigrationPlan plan, Set<String> transactions) {
        return bench.batch(plan.key().partition(KEY, Bench.PARTITIONS), List.of(KEY), transactions);
    }

    private static void awaitStatement(Bench bench, String like) throws Exception {
        Bench.await(() -> !bench.rows("SELECT 1 FROM performance_schema.threads WHERE processlist_info LIKE '" + like
                        + "' AND processlist_id <> CONNECTION_ID()")
                .isEmpty());
    }

    @Test
    void aChangeWhoseTransactionIsNotExecutedYetIsWaitedFor() throws Exception {
        ExecutorService applier = Executors.newSingleThreadExecutor();
        try (Bench bench = Bench.open();
                Connection writer = bench.connect()) {
            MigrationPlan plan = plan(bench);
            assertThat(bench.database().reconciler(plan).waitsByTransaction()).isTrue();
            String transaction = UUID.randomUUID() + ":1";
            Reconciler.Batch batch = batch(bench, plan, Set.of(transaction));
            Future<?> apply =
                    applier.submit(() -> bench.database().reconciler(plan).apply(batch));
            awaitStatement(bench, "SELECT WAIT_FOR_EXECUTED_GTID_SET%");
            assertThat(apply).isNotDone();
            Bench.execute(writer, "SET GTID_NEXT = '" + transaction + "'");
            Bench.execute(writer, "UPDATE t SET v = 2");
            Bench.execute(writer, "SET GTID_NEXT = 'AUTOMATIC'");
            apply.get();
            assertThat(bench.value("SELECT v FROM " + MySqlNames.quote(plan.shadow())))
                    .isEqualTo("2");
        } finally {
            applier.shutdown();
        }
    }

    @Test
    void theCommitOfAPreparedTransactionIsWaitedForWhenItsRowsAreAsked() throws Exception {
        ExecutorService applier = Executors.newSingleThreadExecutor();
        try (Bench bench = Bench.open();
                Connection writer = bench.connect()) {
            MigrationPlan plan = plan(bench);
            Bench.execute(writer, "XA START 'x'");
            Bench.execute(writer, "UPDATE t SET v = 2");
            Bench.execute(writer, "XA END 'x'");
            Bench.execute(writer, "XA PREPARE 'x'");
            Future<?> apply;
            try {
                assertThat(bench.database().preparation().findings(plan.source()))
                        .anySatisfy(finding -> assertThat(finding).contains("XA transactions are prepared"));
                assertThat(bench.database()
                                .swap(plan)
                                .blockers(bench.database().swap(plan).completionPoint()))
                        .anySatisfy(blocker -> assertThat(blocker).contains("XA transaction X'78',X'',1 is"));
                // Changes of other transactions do not wait for it.
                bench.database().reconciler(plan).apply(batch(bench, plan, Set.of()));
                assertThat(bench.value("SELECT v FROM " + MySqlNames.quote(plan.shadow())))
                        .isEqualTo("1");
                bench.forgetStatements();
                Reconciler.Batch batch = batch(bench, plan, Set.of(new XaTransaction("", "X'78',X'',1").toText()));
                apply = applier.submit(() -> bench.database().reconciler(plan).apply(batch));
                // It looks again and again.
                String asked =
                        "SELECT COALESCE(SUM(count_star), 0) FROM performance_schema.events_statements_summary_by_digest"
                                + " WHERE digest_text LIKE 'XA RECOVER%'";
                double before = Double.parseDouble(bench.value(asked));
                Bench.await(() -> Double.parseDouble(bench.value(asked)) > before + 3);
                assertThat(apply).isNotDone();
            } finally {
                Bench.execute(writer, "XA COMMIT 'x'");
            }
            apply.get();
            assertThat(bench.value("SELECT v FROM " + MySqlNames.quote(plan.shadow())))
                    .isEqualTo("2");
            bench.database().changeLog().open(plan);
        } finally {
            applier.shutdown();
        }
    }

    @Test
    void withoutGtidsALaterMarkerIsWaitedForAndTheBinaryLogsAbsenceIsFound() throws Exception {
        ExecutorService applier = Executors.newSingleThreadExecutor();
        try (DatabaseServer server = TestServers.dedicatedMySql(
                        Map.of("skip-log-bin", "", "gtid_mode", "OFF", "enforce_gtid_consistency", "OFF"));
                Bench bench = Bench.on(server)) {
            MigrationPlan plan = plan(bench);
            assertThat(bench.database().reconciler(plan).waitsByTransaction()).isFalse();
            assertThat(bench.database().preparation().findings(plan.source()))
                    .singleElement()
                    .asString()
                    .contains("log_bin=OFF");
            assertThat(bench.database().changeLog().brokenBecause(plan)).isPresent();

            long next = bench.database().control().markers().next(plan.id()) + 1;
            Reconciler.Batch seen = batch(bench, plan, Set.of());
            Reconciler.Batch batch =
                    new Reconciler.Batch(seen.partition(), seen.epoch(), seen.keys(), Set.of(), 7, next);
            Future<?> apply =
                    applier.submit(() -> bench.database().reconciler(plan).apply(batch));
            String asked = "SELECT SUM(count_star) FROM performance_schema.events_statements_summary_by_digest"
                    + " WHERE digest_text LIKE 'SELECT `marker` FROM%'";
            double before = Double.parseDouble(bench.value(asked));
            Bench.await(() -> Double.parseDouble(bench.value(asked)) > before + 3);
            assertThat(apply).isNotDone();
            bench.sql("UPDATE t SET v = 2");
            assertThat(bench.database().control().markers().next(plan.id())).isEqualTo(next);
            apply.get();
            assertThat(bench.value("SELECT v FROM " + MySqlNames.quote(plan.shadow())))
                    .isEqualTo("2");
            assertThat(bench.database().control().progress().list(plan.id()))
                    .filteredOn(progress -> progress.partition() == seen.partition())
                    .allSatisfy(progress -> {
                        assertThat(progress.marker()).isEqualTo(next);
                        assertThat(progress.nextOffset()).isEqualTo(7);
                    });
        } finally {
            applier.shutdown();
        }
    }
}
