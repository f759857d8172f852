package dev.shoofly.database.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.database.ChunkCopier.ChunkResult;
import dev.shoofly.database.control.Progress;
import dev.shoofly.database.control.Segment;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.KeyRange;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** A row deleted between the copy's read and its commit must not stay in the shadow. */
class GhostRowIT {
    private static MigrationPlan nineRows(Lab lab) {
        lab.run("CREATE TABLE t (id int PRIMARY KEY, n int)", "INSERT INTO t SELECT i, i FROM generate_series(1, 9) i");
        return lab.prepare("t", "ALTER n TYPE bigint");
    }

    /** @param swept gets what the sweep publishes */
    private static CompletableFuture<ChunkResult> copy(Lab lab, MigrationPlan plan, List<RowKey> swept) {
        Segment segment = lab.claim(plan);
        return CompletableFuture.supplyAsync(
                () -> lab.database.copier(plan).copy(segment, new KeyRange(null, RowKey.of("9")), true, swept::addAll));
    }

    @Test
    void theSweepPublishesARowThatWasDeletedAndReconciledWhileItsCopyWasOpen() throws Exception {
        Stops stops = new Stops();
        try (Lab lab = Lab.open(stops)) {
            MigrationPlan plan = nineRows(lab);
            List<RowKey> swept = new CopyOnWriteArrayList<>();
            Stops.Stop beforeCommit = stops.arm("copy.before-commit");
            CompletableFuture<ChunkResult> copy = copy(lab, plan, swept);
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
            MigrationPlan plan = nineRows(lab);
            List<RowKey> swept = new CopyOnWriteArrayList<>();
            Stops.Stop beforeCommit = stops.arm("copy.before-commit");
            CompletableFuture<ChunkResult> copy = copy(lab, plan, swept);
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

    /** Between two transactions of one batch an applier holds no lock, and a copier's sweep must hear of the first. */
    @Test
    void aBatchThatIsTakenApartCountsItsKeysInEachTransaction() throws Exception {
        FaultPoints[] faults = {FaultPoints.NONE};
        try (Lab lab = Lab.open(point -> faults[0].reach(point))) {
            lab.run(
                    "CREATE TABLE t (id int PRIMARY KEY, v int UNIQUE)",
                    "INSERT INTO t VALUES (1, 10), (2, 20), (3, 30)");
            MigrationPlan plan = lab.prepare("t", "ADD COLUMN w int");
            lab.copyAll(plan, 10);
            long before = keysApplied(lab, plan);
            lab.run("UPDATE t SET v = 31 WHERE id = 3", "UPDATE t SET v = 30 WHERE id = 2");
            List<Long> counts = new CopyOnWriteArrayList<>();
            AtomicInteger tries = new AtomicInteger();
            faults[0] = point -> {
                if (point.equals("reconcile.after-lock") && tries.incrementAndGet() <= 4) {
                    // The value is in the way again, until the batch is taken apart.
                    lab.run("INSERT INTO " + Lab.shadow(plan) + " (id, v) VALUES (3, 30) ON CONFLICT DO NOTHING");
                } else if (point.equals("reconcile.before-commit")) {
                    counts.add(keysApplied(lab, plan) - before);
                }
            };
            lab.database.reconciler(plan).apply(lab.batch(plan, 0, List.of(RowKey.of("1"), RowKey.of("2")), Set.of()));
            assertThat(counts).as("counted before each commit").containsExactly(0L, 1L);
            assertThat(keysApplied(lab, plan) - before).isEqualTo(2);
        }
    }

    private static long keysApplied(Lab lab, MigrationPlan plan) {
        return lab.database.control().progress().list(plan.id()).stream()
                .mapToLong(Progress::keysApplied)
                .sum();
    }

    /** The first try has committed and its answer was lost; the row was deleted and reconciled before that. */
    @Test
    void theSweepOfARepeatedCopyLooksAtTheRowsOfTheFirst() throws Exception {
        Stops stops = new Stops();
        try (Lab lab = Lab.open(stops)) {
            MigrationPlan plan = nineRows(lab);
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
