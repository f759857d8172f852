package dev.shoofly.database.mysql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.database.TableSwap;
import dev.shoofly.database.TableSwap.NotDrained;
import dev.shoofly.database.TableSwap.Outcome;
import dev.shoofly.database.control.Progress;
import dev.shoofly.model.CutoverMode;
import dev.shoofly.model.CutoverSettings;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.MigrationState;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SwapIT {
    private static final CutoverSettings SETTINGS =
            new CutoverSettings(CutoverMode.AUTO, Duration.ofMillis(400), Duration.ofMillis(500), 2_000, 3);
    private static final TableSwap.Remainder NOTHING = (progress, timeout, most) -> TableSwap.Drained.of(List.of());
    private final Queue<String> points = new ConcurrentLinkedQueue<>();
    private Bench bench;
    private MigrationPlan plan;

    @BeforeEach
    void copied() throws SQLException {
        bench = Bench.open(points::add);
        bench.sql(
                "CREATE TABLE t (id BIGINT PRIMARY KEY AUTO_INCREMENT, u VARCHAR(20) UNIQUE, v INT NOT NULL)",
                "INSERT INTO t (u, v) VALUES ('a', 1), ('b', 2), ('c', 3)");
        plan = bench.prepare("t", "ADD COLUMN w INT NOT NULL DEFAULT 7");
        bench.copy(plan, 2);
    }

    @AfterEach
    void close() throws SQLException {
        bench.close();
    }

    private TableSwap swap() {
        return bench.database().swap(plan);
    }

    @Test
    void theNamesAreExchangedWithTheRemainderAppliedAndTheStateRecorded() throws Exception {
        bench.sql(
                "UPDATE t SET u = 'x' WHERE id = 1",
                "UPDATE t SET u = 'a' WHERE id = 2",
                "UPDATE t SET u = 'b' WHERE id = 1",
                "DELETE FROM t WHERE id = 3",
                "INSERT INTO t (u, v) VALUES ('d', 4)");
        List<Integer> partitions = new ArrayList<>();
        Outcome outcome = swap().attempt(SETTINGS, 1, (progress, timeout, most) -> {
            progress.forEach(each -> partitions.add(each.partition()));
            return new TableSwap.Drained(
                    List.of(RowKey.of("1"), RowKey.of("2"), RowKey.of("3"), RowKey.of("4")), Map.of(), 9);
        });

        assertThat(outcome).isInstanceOfSatisfying(Outcome.Swapped.class, swapped -> {
            assertThat(swapped.drainedKeys()).isEqualTo(4);
            assertThat(swapped.locked()).isBetween(Duration.ofMillis(1), Duration.ofSeconds(5));
        });
        assertThat(partitions).hasSize(Bench.PARTITIONS);
        assertThat(bench.rows("SELECT DISTINCT swap_marker FROM shoofly.apply_progress WHERE migration_id = '"
                        + plan.id() + "'"))
                .as("keys before it are passed over from now on")
                .containsExactly("9");
        assertThat(bench.rows("SELECT id, u, v, w FROM t ORDER BY id"))
                .containsExactly("1|b|1|7", "2|a|2|7", "4|d|4|7");
        assertThat(bench.rows("SELECT id FROM " + MySqlNames.quote(plan.old()))).hasSize(3);
        assertThat(swap().isSwapped()).isTrue();
        assertThat(bench.database()
                        .control()
                        .migrations()
                        .find(plan.id())
                        .orElseThrow()
                        .state())
                .isEqualTo(MigrationState.CUTOVER);
        assertThat(bench.database().control().progress().list(plan.id()))
                .extracting(Progress::epoch)
                .containsOnly(2L);
        assertThat(points).containsSubsequence("swap.locked", "swap.before-rename", "swap.after-rename");
        swap().finish();
    }

    @Test
    void anApplierOfBeforeTheSwapStops() throws Exception {
        assertThat(swap().attempt(SETTINGS, 1, NOTHING)).isInstanceOf(Outcome.Swapped.class);
        assertThatThrownBy(() -> bench.reconcile(plan, RowKey.of("1")))
                .isInstanceOfSatisfying(
                        ShooflyException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.SUPERSEDED));
    }

    @Test
    void numbersThatWereHandedOutAreNotHandedOutAgain() throws Exception {
        bench.sql("INSERT INTO t (id, u, v) VALUES (500, 'z', 1)", "DELETE FROM t WHERE id = 500");
        assertThat(swap().attempt(SETTINGS, 1, NOTHING)).isInstanceOf(Outcome.Swapped.class);
        bench.sql("INSERT INTO t (u, v) VALUES ('new', 1)");
        assertThat(bench.value("SELECT id FROM t WHERE u = 'new'")).isEqualTo("501");
    }

    @Test
    void aWriterThatKeepsItsTransactionOpenIsWaitedForAndNamed() throws Exception {
        try (Connection writer = bench.connect()) {
            writer.setAutoCommit(false);
            Bench.execute(writer, "UPDATE t SET v = 9 WHERE id = 1");
            assertThat(swap().attempt(SETTINGS, 1, NOTHING))
                    .isInstanceOfSatisfying(
                            Outcome.NotSwapped.class,
                            not -> assertThat(not.reason()).contains("not granted within 400 ms", "uses", ".t"));
            writer.commit();
        }
        assertThat(swap().isSwapped()).isFalse();
        assertThat(swap().attempt(SETTINGS, 1, NOTHING)).isInstanceOf(Outcome.Swapped.class);
    }

    @Test
    void aReaderThatMayStillWriteIsNotMadeADeadlocksVictim() throws Exception {
        try (Connection reader = bench.connect()) {
            reader.setAutoCommit(false);
            Bench.rows(reader, "SELECT * FROM t");
            assertThat(swap().attempt(SETTINGS, 1, NOTHING))
                    .isInstanceOfSatisfying(
                            Outcome.NotSwapped.class,
                            not -> assertThat(not.reason()).contains("may still write"));
            Bench.execute(reader, "UPDATE t SET v = 9 WHERE id = 1");
            reader.commit();
        }
    }

    @Test
    void readersInAutoCommitModeDoNotHoldTheSwapOff() throws Exception {
        AtomicBoolean stop = new AtomicBoolean();
        ExecutorService readers = Executors.newFixedThreadPool(4);
        List<Future<?>> running = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            running.add(readers.submit(() -> {
                try (Connection reader = bench.connect()) {
                    while (!stop.get()) {
                        Bench.rows(reader, "SELECT SLEEP(0.002) FROM t");
                    }
                }
                return true;
            }));
        }
        try {
            Outcome outcome;
            int attempts = 0;
            do {
                outcome = swap().attempt(CutoverSettings.DEFAULT.withMaxStall(Duration.ofMinutes(1)), 1, NOTHING);
            } while (outcome instanceof Outcome.NotSwapped && ++attempts < 10);
            assertThat(outcome).isInstanceOf(Outcome.Swapped.class);
        } finally {
            stop.set(true);
            for (Future<?> each : running) {
                each.get();
            }
            readers.shutdown();
        }
    }

    @Test
    void aRemainderThatCannotBeHadLetsEverythingGo() throws Exception {
        Outcome outcome = swap().attempt(SETTINGS, 1, (progress, timeout, most) -> {
            throw new NotDrained("no marker");
        });
        assertThat(outcome).isEqualTo(new Outcome.NotSwapped("no marker"));
        bench.sql("INSERT INTO t (u, v) VALUES ('e', 5)");
        bench.reconcile(plan, RowKey.of("4"));
        assertThat(bench.isEqual(plan)).isTrue();
    }

    @Test
    void aSupersededOwnerRenamesNothing() throws Exception {
        bench.database().control().migrations().takeOver(plan.id(), "another");
        assertThatThrownBy(() -> swap().attempt(SETTINGS, 1, NOTHING))
                .isInstanceOfSatisfying(
                        ShooflyException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.SUPERSEDED));
        assertThat(swap().isSwapped()).isFalse();
        bench.sql("UPDATE t SET v = 8 WHERE id = 1");
    }

    /** Nothing would be read from that partition, and the rows changed there would be old in the new table. */
    @Test
    void aPartitionWithoutItsProgressRowStopsTheSwap() throws Exception {
        bench.sql(
                "DELETE FROM shoofly.apply_progress WHERE migration_id = '" + plan.id() + "' AND partition_number = 2");
        assertRefused("of 4 progress rows there are 3");
        assertThat(points).doesNotContain("swap.locked");
    }

    @Test
    void dataThatDoesNotFitUnderTheLockLeavesTheNames() throws Exception {
        bench.sql("CREATE TABLE n (id INT PRIMARY KEY, v INT)", "INSERT INTO n VALUES (1, 1)");
        plan = bench.prepare("n", "MODIFY v TINYINT");
        bench.copy(plan, 10);
        bench.sql("INSERT INTO n VALUES (2, 1000)");
        assertThatThrownBy(() -> swap().attempt(
                                SETTINGS,
                                1,
                                (progress, timeout, most) -> TableSwap.Drained.of(List.of(RowKey.of("2")))))
                .isInstanceOfSatisfying(
                        ShooflyException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.DATA))
                .hasMessageContaining("id = 2");
        bench.sql("DELETE FROM n WHERE id = 2");
        assertThat(swap().isSwapped()).isFalse();
    }

    @Test
    void aColumnThatTheShadowLacksStopsTheSwap() throws Exception {
        bench.sql("ALTER TABLE t ADD COLUMN late INT", "UPDATE t SET late = 1");
        assertRefused("its definition is no longer");
        assertThat(bench.rows("SELECT DISTINCT late FROM t")).containsExactly("1");
    }

    @Test
    void aForeignKeyOrTriggerMadeMeanwhileStopsTheSwap() throws Exception {
        bench.sql(
                "CREATE TABLE child (id INT PRIMARY KEY, t BIGINT, CONSTRAINT to_t FOREIGN KEY (t) REFERENCES t (id))");
        assertRefused("foreign key to_t");
        bench.sql("DROP TABLE child", "CREATE TRIGGER late BEFORE INSERT ON t FOR EACH ROW SET NEW.v = 1");
        assertRefused("trigger late");
    }

    private void assertRefused(String why) throws SQLException {
        assertThatThrownBy(() -> swap().attempt(SETTINGS, 1, NOTHING))
                .isInstanceOfSatisfying(
                        ShooflyException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.REFUSED))
                .hasMessageContainingAll(why, "Nothing was renamed");
        assertThat(swap().isSwapped()).isFalse();
        bench.sql("UPDATE t SET v = v + 1");
    }

    @Test
    void theMarkerUnderTheLockDoesNotQueueBehindWaitingAppliers() throws Exception {
        List<Thread> appliers = new ArrayList<>();
        Outcome outcome = swap().attempt(SETTINGS, 1, (progress, timeout, most) -> {
            // More than there are workers' connections: each waits for its progress row.
            for (int i = 0; i < 12; i++) {
                Thread applier = new Thread(() -> {
                    try {
                        bench.reconcile(plan, RowKey.of("1"));
                    } catch (ShooflyException expected) {
                        // Superseded by the swap, or out of patience.
                    }
                });
                applier.start();
                appliers.add(applier);
            }
            awaitWaitingAppliers(10);
            long start = System.nanoTime();
            bench.database().control().markers().next(plan.id());
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(2));
            return TableSwap.Drained.of(List.of());
        });
        assertThat(outcome).isInstanceOf(Outcome.Swapped.class);
        for (Thread applier : appliers) {
            applier.join();
        }
    }

    private void awaitWaitingAppliers(int wanted) {
        try {
            Bench.await(() -> Long.parseLong(bench.value(
                            "SELECT COUNT(DISTINCT w.requesting_thread_id) FROM performance_schema.data_lock_waits w"
                                    + " JOIN performance_schema.data_locks l ON l.engine_lock_id = w.requesting_engine_lock_id"
                                    + " WHERE l.object_name = 'apply_progress'"))
                    >= wanted);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void oldSnapshotsAndLongTransactionsBlock() throws Exception {
        try (Connection old = bench.connect()) {
            old.setAutoCommit(false);
            Bench.execute(old, "SET SESSION transaction_isolation = 'REPEATABLE-READ'");
            Bench.execute(old, "START TRANSACTION WITH CONSISTENT SNAPSHOT");
            String point = swap().completionPoint();
            assertThat(swap().blockers(point)).singleElement().asString().contains("half-filled", "session ");
            old.commit();
        }
        // The server shows transactions from a cache that is a tenth of a second old.
        Bench.await(() -> swap().blockers(swap().completionPoint()).isEmpty());
    }

    @Test
    void writersGetNoErrorAndLoseNothingThroughTheSwap() throws Exception {
        AtomicBoolean stop = new AtomicBoolean();
        AtomicInteger next = new AtomicInteger(1_000);
        Queue<Integer> acknowledged = new ConcurrentLinkedQueue<>();
        Queue<Exception> errors = new ConcurrentLinkedQueue<>();
        ExecutorService writers = Executors.newFixedThreadPool(3);
        CountDownLatch started = new CountDownLatch(3);
        List<Future<?>> running = new ArrayList<>();
        try {
            for (int i = 0; i < 3; i++) {
                running.add(writers.submit(() -> write(stop, next, acknowledged, errors, started)));
            }
            started.await();
            Outcome outcome;
            do {
                // What the topic would bring: every key written so far, read while nobody can write.
                outcome = swap().attempt(
                                SETTINGS, 1, (progress, timeout, most) -> TableSwap.Drained.of(keysUpTo(next.get())));
            } while (!(outcome instanceof Outcome.Swapped));
            int atSwap = acknowledged.size();
            while (acknowledged.size() < atSwap + 50 && errors.isEmpty()) {
                LockSupport.parkNanos(5_000_000);
            }
        } finally {
            stop.set(true);
            for (Future<?> each : running) {
                each.get();
            }
            writers.shutdown();
        }
        assertThat(errors).isEmpty();
        assertThat(bench.rows("SELECT id FROM t WHERE w = 7"))
                .containsAll(acknowledged.stream().map(String::valueOf).toList());
    }

    private static List<RowKey> keysUpTo(int last) {
        List<RowKey> keys = new ArrayList<>();
        for (int id = 1_000; id <= last; id++) {
            keys.add(RowKey.of(String.valueOf(id)));
        }
        return keys;
    }

    private void write(
            AtomicBoolean stop,
            AtomicInteger next,
            Queue<Integer> acknowledged,
            Queue<Exception> errors,
            CountDownLatch started) {
        try (Connection connection = bench.connect();
                PreparedStatement insert = connection.prepareStatement("INSERT INTO t (id, u, v) VALUES (?, ?, 1)");
                PreparedStatement read = connection.prepareStatement("SELECT v FROM t WHERE id = ? FOR UPDATE");
                PreparedStatement update = connection.prepareStatement("UPDATE t SET v = v + 1 WHERE id = ?")) {
            connection.setAutoCommit(false);
            while (!stop.get()) {
                int id = next.incrementAndGet();
                insert.setInt(1, id);
                insert.setString(2, "u" + id);
                insert.executeUpdate();
                read.setInt(1, id);
                read.executeQuery().close();
                update.setInt(1, id);
                update.executeUpdate();
                connection.commit();
                acknowledged.add(id);
                started.countDown();
            }
        } catch (SQLException e) {
            errors.add(e);
        } finally {
            started.countDown();
        }
    }

    /** RENAME TABLE names them after the table, and fails when the name does not fit: at the very end. */
    @Test
    void checksThatTheRenameCouldNotNameAreRefusedBefore() throws Exception {
        try (Bench bench = Bench.open()) {
            String tooLong = "t".repeat(59);
            String justFits = "t".repeat(58);
            bench.sql(
                    "CREATE TABLE " + tooLong + " (id INT PRIMARY KEY, n INT, CONSTRAINT small CHECK (n < 9))",
                    "CREATE TABLE " + justFits + " (id INT PRIMARY KEY, n INT, CONSTRAINT little CHECK (n < 9))",
                    // With a trigger the names of checks cannot be kept, see CheckNamesIT.
                    "CREATE TRIGGER a BEFORE INSERT ON " + tooLong + " FOR EACH ROW SET NEW.n = 1",
                    "CREATE TRIGGER b BEFORE INSERT ON " + justFits + " FOR EACH ROW SET NEW.n = 1");
            assertThatThrownBy(() -> bench.prepare(tooLong, "ADD COLUMN w INT"))
                    .hasMessageContaining("CHECK constraints")
                    .hasMessageContaining("at most 58 characters");
            MigrationPlan plan = bench.prepare(justFits, "ADD COLUMN w INT");
            bench.copy(plan, 10);
            assertThat(bench.database().swap(plan).attempt(SETTINGS, 1, NOTHING))
                    .isInstanceOf(Outcome.Swapped.class);
        }
    }
}
