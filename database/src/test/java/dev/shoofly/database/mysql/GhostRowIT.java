package dev.shoofly.database.mysql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.database.ChunkCopier.ChunkResult;
import dev.shoofly.database.control.Progress;
import dev.shoofly.database.control.Segment;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.KeyRange;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** The copy stopped between its read and its commit, while the world goes on. */
class GhostRowIT {
    private static final KeyRange CHUNK = new KeyRange(null, RowKey.of("3"));
    private volatile FaultPoints faults = FaultPoints.NONE;

    private Bench bench() throws Exception {
        Bench bench = Bench.open(point -> faults.reach(point));
        bench.sql("CREATE TABLE t (id INT PRIMARY KEY, v INT NOT NULL)", "INSERT INTO t VALUES (1, 1), (2, 2), (3, 3)");
        return bench;
    }

    private static List<String> shadow(Bench bench, MigrationPlan plan) throws Exception {
        return bench.rows("SELECT id, v FROM " + MySqlNames.quote(plan.shadow()) + " ORDER BY id");
    }

    /**
     * The copy has read rows 1 to 3 and waits to insert row 1, on which another session sits; meanwhile row 2 is deleted
     * and its deletion reconciled, with nothing there yet to delete. Then the copy writes what it has read.
     */
    @Test
    void aRowDeletedAndReconciledDuringTheCopyIsFoundByTheSweep() throws Exception {
        try (Bench bench = bench();
                Gate committed = new Gate("copy.before-sweep");
                Connection obstacle = bench.connect()) {
            MigrationPlan plan = bench.prepare("t", "ADD COLUMN w INT");
            Segment segment = bench.segment(plan, RowKey.of("3"));
            faults = committed;
            List<RowKey> published = new ArrayList<>();
            ExecutorService copying = Executors.newSingleThreadExecutor();
            try {
                obstacle.setAutoCommit(false);
                Bench.execute(obstacle, "INSERT INTO " + MySqlNames.quote(plan.shadow()) + " (id, v) VALUES (1, 0)");
                Future<ChunkResult> copy = copying.submit(
                        () -> bench.database().copier(plan).copy(segment, CHUNK, true, published::addAll));
                awaitLockWait(bench);
                bench.sql("DELETE FROM t WHERE id = 2");
                bench.reconcile(plan, RowKey.of("2"));
                obstacle.rollback();
                committed.awaitArrival();
                // No later event would take the ghost away.
                assertThat(shadow(bench, plan)).containsExactly("1|1", "2|2", "3|3");
                committed.open();
                assertThat(copy.get()).isEqualTo(new ChunkResult(3, 1, 0, 0));
            } finally {
                copying.shutdown();
            }
            assertThat(published).containsExactly(RowKey.of("2"));
            bench.reconcile(plan, published);
            assertThat(shadow(bench, plan)).containsExactly("1|1", "3|3");
            assertThat(bench.database().control().segments().list(plan.id()))
                    .singleElement()
                    .satisfies(done -> {
                        assertThat(done.done()).isTrue();
                        assertThat(done.position()).isEqualTo(RowKey.of("3"));
                        assertThat(done.rowsCopied()).isEqualTo(3);
                    });
        }
    }

    /** As above, but the reconcile has only looked: its keys are not counted before the sweep begins. */
    @Test
    void theSweepWaitsForAReconcileThatIsUnderWay() throws Exception {
        try (Bench bench = bench();
                Gate reconciled = new Gate("reconcile.before-commit");
                Connection obstacle = bench.connect()) {
            MigrationPlan plan = bench.prepare("t", "ADD COLUMN w INT");
            Segment segment = bench.segment(plan, RowKey.of("3"));
            faults = reconciled;
            List<RowKey> published = new ArrayList<>();
            ExecutorService threads = Executors.newFixedThreadPool(2);
            try {
                obstacle.setAutoCommit(false);
                Bench.execute(obstacle, "INSERT INTO " + MySqlNames.quote(plan.shadow()) + " (id, v) VALUES (1, 0)");
                Future<ChunkResult> copy = threads.submit(
                        () -> bench.database().copier(plan).copy(segment, CHUNK, true, published::addAll));
                awaitLockWait(bench);
                bench.sql("DELETE FROM t WHERE id = 2");
                Future<?> reconcile = threads.submit(() -> bench.reconcile(plan, RowKey.of("2")));
                reconciled.awaitArrival();
                obstacle.rollback();
                Bench.await(() -> shadow(bench, plan).equals(List.of("1|1", "2|2", "3|3")));
                // The sweep, for the partition's row.
                awaitLockWait(bench);
                reconciled.open();
                reconcile.get();
                assertThat(copy.get()).isEqualTo(new ChunkResult(3, 1, 0, 0));
            } finally {
                threads.shutdown();
            }
            assertThat(published).containsExactly(RowKey.of("2"));
        }
    }

    /** Between two transactions of one batch an applier holds no lock, and a copier's sweep must hear of the first. */
    @Test
    void aBatchThatIsTakenApartCountsItsKeysInEachTransaction() throws Exception {
        try (Bench bench = Bench.open(point -> faults.reach(point))) {
            bench.sql(
                    "CREATE TABLE t (id INT PRIMARY KEY, v INT NOT NULL, UNIQUE KEY one_v (v))",
                    "INSERT INTO t VALUES (1, 10), (2, 20), (3, 30)");
            MigrationPlan plan = bench.prepare("t", "ADD COLUMN w INT");
            bench.copy(plan, 10);
            long before = keysApplied(bench, plan);
            // Row 2 takes the value of row 3, which is not brought up to date: it alone needs a transaction of its own.
            bench.sql("UPDATE t SET v = 31 WHERE id = 3", "UPDATE t SET v = 30 WHERE id = 2");
            List<Long> counts = new ArrayList<>();
            faults = point -> {
                if (point.equals("reconcile.before-commit")) {
                    counts.add(keysApplied(bench, plan) - before);
                }
            };
            int partition = 0;
            bench.database()
                    .reconciler(plan)
                    .apply(bench.batch(partition, List.of(RowKey.of("1"), RowKey.of("2")), Set.of()));
            assertThat(counts).as("counted before each commit").containsExactly(0L, 1L);
            assertThat(keysApplied(bench, plan) - before).isEqualTo(2);
        }
    }

    private static long keysApplied(Bench bench, MigrationPlan plan) {
        return bench.database().control().progress().list(plan.id()).stream()
                .mapToLong(Progress::keysApplied)
                .sum();
    }

    /** The first try has committed and its answer was lost; the row was deleted and reconciled before that. */
    @Test
    void theSweepOfARepeatedCopyLooksAtTheRowsOfTheFirst() throws Exception {
        try (Bench bench = bench()) {
            MigrationPlan plan = bench.prepare("t", "ADD COLUMN w INT");
            Segment segment = bench.segment(plan, RowKey.of("3"));
            // What the first try left: rows, and no checkpoint.
            bench.sql(
                    "INSERT INTO " + MySqlNames.quote(plan.shadow()) + " (id, v) SELECT id, v FROM t",
                    "DELETE FROM t WHERE id = 2");
            List<RowKey> published = new ArrayList<>();
            assertThat(bench.database().copier(plan).copy(segment, CHUNK, true, published::addAll))
                    .isEqualTo(new ChunkResult(0, 1, 0, 0));
            assertThat(published).containsExactly(RowKey.of("2"));
        }
    }

    private static void awaitLockWait(Bench bench) throws Exception {
        Bench.await(() ->
                !bench.rows("SELECT 1 FROM performance_schema.data_lock_waits").isEmpty());
    }

    @Test
    void aReconcileThatMeetsAnUncommittedCopyWaitsAndWins() throws Exception {
        try (Bench bench = bench();
                Gate read = new Gate("copy.before-commit")) {
            MigrationPlan plan = bench.prepare("t", "ADD COLUMN w INT");
            Segment segment = bench.segment(plan, RowKey.of("3"));
            faults = read;
            ExecutorService threads = Executors.newFixedThreadPool(2);
            try {
                Future<ChunkResult> copy =
                        threads.submit(() -> bench.database().copier(plan).copy(segment, CHUNK, true, keys -> {}));
                read.awaitArrival();
                bench.sql("UPDATE t SET v = 20 WHERE id = 2", "DELETE FROM t WHERE id = 3");
                Future<?> reconcile = threads.submit(() -> bench.reconcile(plan, RowKey.of("2"), RowKey.of("3")));
                awaitLockWait(bench);
                read.open();
                copy.get();
                reconcile.get();
            } finally {
                threads.shutdown();
            }
            assertThat(shadow(bench, plan)).containsExactly("1|1", "2|20");
        }
    }

    @Test
    void theCopyTakesNoLockOnTheApplicationsRowsAndWaitsForNone() throws Exception {
        try (Bench bench = bench();
                Gate read = new Gate("copy.before-commit")) {
            MigrationPlan plan = bench.prepare("t", "ADD COLUMN w INT");
            Segment segment = bench.segment(plan, RowKey.of("3"));
            faults = read;
            ExecutorService copying = Executors.newSingleThreadExecutor();
            try (Connection application = bench.connect()) {
                application.setAutoCommit(false);
                Bench.execute(application, "UPDATE t SET v = 9 WHERE id = 1");
                Future<ChunkResult> copy =
                        copying.submit(() -> bench.database().copier(plan).copy(segment, CHUNK, true, keys -> {}));
                read.awaitArrival();
                Bench.execute(application, "SET SESSION innodb_lock_wait_timeout = 1");
                Bench.execute(application, "UPDATE t SET v = v + 1");
                application.commit();
                read.open();
                assertThat(copy.get().rows()).isEqualTo(3);
            } finally {
                copying.shutdown();
            }
            // The copy read what was committed then; the update's own event brings the rest.
            assertThat(shadow(bench, plan)).containsExactly("1|1", "2|2", "3|3");
        }
    }

    @Test
    void aSupersededCopierCommitsNothing() throws Exception {
        try (Bench bench = bench()) {
            MigrationPlan plan = bench.prepare("t", "ADD COLUMN w INT");
            Segment zombie = bench.segment(plan, RowKey.of("3"));
            bench.database().control().segments().fenceAll(plan.id());
            Segment successor = bench.claim(plan);
            assertThat(successor.epoch()).isGreaterThan(zombie.epoch());
            assertThatThrownBy(() -> bench.database().copier(plan).copy(zombie, CHUNK, true, keys -> {}))
                    .isInstanceOfSatisfying(
                            ShooflyException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.SUPERSEDED));
            assertThat(shadow(bench, plan)).isEmpty();
            bench.database().copier(plan).copy(successor, CHUNK, true, keys -> {});
            assertThat(shadow(bench, plan)).hasSize(3);
        }
    }

    @Test
    void aSupersededApplierWritesNothing() throws Exception {
        try (Bench bench = bench()) {
            MigrationPlan plan = bench.prepare("t", "ADD COLUMN w INT");
            int partition = plan.key().partition(RowKey.of("1"), Bench.PARTITIONS);
            var late = bench.batch(partition, List.of(RowKey.of("1")), Set.of());
            bench.claim(plan, partition);
            assertThatThrownBy(() -> bench.database().reconciler(plan).apply(late))
                    .isInstanceOfSatisfying(
                            ShooflyException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.SUPERSEDED));
            assertThat(shadow(bench, plan)).isEmpty();
        }
    }
}
