package dev.shoofly.database.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.database.ChunkCopier.ChunkResult;
import dev.shoofly.database.control.Segment;
import dev.shoofly.model.KeyRange;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** A row deleted between the copy's read and its commit must not stay in the shadow. */
class GhostRowIT {
    @Test
    void theSweepPublishesARowThatWasDeletedAndReconciledWhileItsCopyWasOpen() throws Exception {
        Stops stops = new Stops();
        try (Lab lab = Lab.open(stops)) {
            lab.run(
                    "CREATE TABLE t (id int PRIMARY KEY, n int)",
                    "INSERT INTO t SELECT i, i FROM generate_series(1, 9) i");
            MigrationPlan plan = lab.prepare("t", "ALTER n TYPE bigint");
            Segment segment = lab.claim(plan);
            List<RowKey> swept = new CopyOnWriteArrayList<>();
            Stops.Stop beforeCommit = stops.arm("copy.before-commit");
            CompletableFuture<ChunkResult> copy = CompletableFuture.supplyAsync(() ->
                    lab.database.copier(plan).copy(segment, new KeyRange(null, RowKey.of("9")), true, swept::addAll));
            beforeCommit.awaitReached();
            lab.run("DELETE FROM t WHERE id = 5");
            lab.reconcile(plan, RowKey.of("5"));
            beforeCommit.release();

            assertThat(copy.get().rows()).isEqualTo(9);
            assertThat(copy.get().sweptKeys()).isEqualTo(1);
            assertThat(swept).containsExactly(RowKey.of("5"));
            assertThat(lab.value("SELECT count(*) FROM " + Lab.shadow(plan) + " WHERE id = 5"))
                    .as("the ghost is there until its key is applied again")
                    .isEqualTo("1");
            lab.reconcile(plan, swept);
            assertThat(lab.database.comparer(plan).compare(KeyRange.ALL).equal())
                    .isTrue();
        }
    }

    /** It has looked for the row before the copy's commit, and its keys are not counted yet. */
    @Test
    void theSweepWaitsForAReconcileThatIsUnderWay() throws Exception {
        Stops stops = new Stops();
        try (Lab lab = Lab.open(stops)) {
            lab.run(
                    "CREATE TABLE t (id int PRIMARY KEY, n int)",
                    "INSERT INTO t SELECT i, i FROM generate_series(1, 9) i");
            MigrationPlan plan = lab.prepare("t", "ALTER n TYPE bigint");
            Segment segment = lab.claim(plan);
            List<RowKey> swept = new CopyOnWriteArrayList<>();
            Stops.Stop beforeCommit = stops.arm("copy.before-commit");
            CompletableFuture<ChunkResult> copy = CompletableFuture.supplyAsync(() ->
                    lab.database.copier(plan).copy(segment, new KeyRange(null, RowKey.of("9")), true, swept::addAll));
            beforeCommit.awaitReached();
            lab.run("DELETE FROM t WHERE id = 5");
            Stops.Stop reconciled = stops.arm("reconcile.before-commit");
            CompletableFuture<Void> reconcile = CompletableFuture.runAsync(() -> lab.reconcile(plan, RowKey.of("5")));
            reconciled.awaitReached();
            beforeCommit.release();
            Waits.until(() -> lab.value("SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                            + " AND datname = current_database()")
                    .equals("t"));
            reconciled.release();
            reconcile.get();

            assertThat(copy.get().sweptKeys()).isEqualTo(1);
            assertThat(swept).containsExactly(RowKey.of("5"));
        }
    }

    /** The first try has committed and its answer was lost; the row was deleted and reconciled before that. */
    @Test
    void theSweepOfARepeatedCopyLooksAtTheRowsOfTheFirst() throws Exception {
        Stops stops = new Stops();
        try (Lab lab = Lab.open(stops)) {
            lab.run(
                    "CREATE TABLE t (id int PRIMARY KEY, n int)",
                    "INSERT INTO t SELECT i, i FROM generate_series(1, 9) i");
            MigrationPlan plan = lab.prepare("t", "ALTER n TYPE bigint");
            // What the first try left: rows, and no checkpoint.
            lab.run("INSERT INTO " + Lab.shadow(plan) + " (id, n) SELECT id, n FROM t", "DELETE FROM t WHERE id = 5");
            List<RowKey> swept = new CopyOnWriteArrayList<>();
            ChunkResult repeated = lab.database
                    .copier(plan)
                    .copy(lab.claim(plan), new KeyRange(null, RowKey.of("9")), true, swept::addAll);
            assertThat(repeated.rows()).isZero();
            assertThat(swept).containsExactly(RowKey.of("5"));
        }
    }

    @Test
    void aReconcileWaitsForTheCopyOfItsRowAndWritesOverIt() throws Exception {
        Stops stops = new Stops();
        try (Lab lab = Lab.open(stops)) {
            lab.run("CREATE TABLE t (id int PRIMARY KEY, n int)", "INSERT INTO t VALUES (1, 1)");
            MigrationPlan plan = lab.prepare("t", "ALTER n TYPE bigint");
            Segment segment = lab.claim(plan);
            Stops.Stop beforeCommit = stops.arm("copy.before-commit");
            CompletableFuture<ChunkResult> copy = CompletableFuture.supplyAsync(() ->
                    lab.database.copier(plan).copy(segment, new KeyRange(null, RowKey.of("1")), true, keys -> {}));
            beforeCommit.awaitReached();
            lab.run("UPDATE t SET n = 2");
            CompletableFuture<Void> reconcile = CompletableFuture.runAsync(() -> lab.reconcile(plan, RowKey.of("1")));
            Waits.until(() -> lab.value("SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                            + " AND datname = current_database()")
                    .equals("t"));
            beforeCommit.release();
            copy.get();
            reconcile.get();
            assertThat(lab.rows("SELECT * FROM " + Lab.shadow(plan))).containsExactly("(1,2)");
        }
    }
}
