package dev.shoofly.database.mysql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.database.ScriptedRemainder;
import dev.shoofly.database.TableSwap;
import dev.shoofly.database.TableSwap.Outcome;
import dev.shoofly.database.control.Progress;
import dev.shoofly.model.CutoverSettings;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a swap writes before it locks the tables, with the application at work. */
class AheadOfLockIT {
    private static final CutoverSettings SETTINGS = CutoverSettings.DEFAULT.withMaxStall(Duration.ofMinutes(1));
    private volatile FaultPoints atPoint = FaultPoints.NONE;
    private Bench bench;
    private MigrationPlan plan;
    private TableSwap swap;

    @BeforeEach
    void open() throws SQLException {
        bench = Bench.open(point -> atPoint.reach(point));
        bench.sql("CREATE TABLE t (id INT PRIMARY KEY, v INT)", "INSERT INTO t VALUES (1, 1), (2, 2), (3, 3)");
        plan = bench.prepare("t", "MODIFY v BIGINT");
        bench.copy(plan, 10);
        swap = bench.database().swap(plan);
    }

    @AfterEach
    void close() throws SQLException {
        bench.close();
    }

    private static List<RowKey> keys(String... keys) {
        return Stream.of(keys).map(RowKey::of).toList();
    }

    private Outcome attempt(List<RowKey> ahead, Set<String> transactions, List<RowKey> underLock) {
        return swap.attempt(SETTINGS, 1, new ScriptedRemainder(ahead, transactions, underLock));
    }

    private void unchecked(String... statements) {
        try {
            bench.sql(statements);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void whatIsRehearsedIsUndone() throws SQLException {
        bench.sql("UPDATE t SET v = 10 WHERE id = 1", "DELETE FROM t WHERE id = 2", "INSERT INTO t VALUES (4, 4)");
        String shadow = "SELECT id, v FROM " + MySqlNames.quote(plan.shadow()) + " ORDER BY id";
        MySqlReconciler reconciler = (MySqlReconciler) bench.database().reconciler(plan);
        try (Connection connection = bench.connect()) {
            connection.setAutoCommit(false);
            reconciler.rehearseLocked(connection, keys("1", "2", "4"));
            connection.commit();
            assertThat(bench.rows(shadow)).containsExactly("1|1", "2|2", "3|3");

            reconciler.applyLocked(connection, keys("1", "2", "4"));
            assertThat(bench.rows(shadow)).containsExactly("1|10", "3|3", "4|4");
        }
    }

    @Test
    void whatIsWrittenAheadIsNotWrittenAgainUnderTheLock() throws SQLException {
        bench.sql("UPDATE t SET v = 10 WHERE id = 1", "DELETE FROM t WHERE id = 2", "INSERT INTO t VALUES (4, 4)");
        atPoint = point -> {
            if (point.equals("swap.ahead")) {
                unchecked("UPDATE t SET v = 11 WHERE id = 1", "INSERT INTO t VALUES (5, 5)");
            }
        };
        assertThat(attempt(keys("1", "2", "4"), Set.of(), keys("1", "5")))
                .isInstanceOfSatisfying(
                        Outcome.Swapped.class,
                        swapped -> assertThat(swapped.drainedKeys()).isEqualTo(2));
        assertThat(bench.rows("SELECT * FROM t ORDER BY id")).containsExactly("1|11", "3|3", "4|4", "5|5");
    }

    /** Whoever waits for a lock would find more to do under it with every try. */
    @Test
    void whatComesBetweenTwoTriesForTheLockIsWrittenAheadToo() throws Exception {
        bench.sql("UPDATE t SET v = 10 WHERE id = 1", "INSERT INTO t VALUES (4, 4)");
        TableSwap.Remainder inParts = ScriptedRemainder.inParts(List.of(keys("1"), keys("4")));
        CutoverSettings patient = new CutoverSettings(
                SETTINGS.mode(), Duration.ofSeconds(30), SETTINGS.drainTimeout(), SETTINGS.drainKeys(), 1);
        CompletableFuture<Outcome> attempt;
        try (Connection reader = bench.connect()) {
            reader.setAutoCommit(false);
            Bench.execute(reader, "SELECT 1 FROM t");
            attempt = CompletableFuture.supplyAsync(() -> swap.attempt(patient, 1, inParts));
            String fourth = "SELECT COUNT(*) FROM " + MySqlNames.quote(plan.shadow()) + " WHERE id = 4";
            Bench.await(() -> attempt.isDone() || bench.value(fourth).equals("1"));
            assertThat(attempt).as("the table is another's still").isNotDone();
        }
        assertThat(attempt.get(60, TimeUnit.SECONDS))
                .isInstanceOfSatisfying(
                        Outcome.Swapped.class,
                        swapped -> assertThat(swapped.drainedKeys()).isZero());
        assertThat(bench.rows("SELECT * FROM t ORDER BY id")).containsExactly("1|10", "2|2", "3|3", "4|4");
    }

    /** The log had delivered the change, the read showed the row as it was before, and nothing would correct it. */
    @Test
    void nothingIsReadAheadThatIsNotVisible() throws SQLException {
        String unknown = bench.value("SELECT @@server_uuid") + ":999999999";
        bench.sql("UPDATE t SET v = 10 WHERE id = 1");
        assertThatThrownBy(() -> attempt(keys("1"), Set.of(unknown), List.of()))
                .isInstanceOfSatisfying(ShooflyException.class, error -> {
                    assertThat(error.kind()).isEqualTo(ErrorKind.TRANSIENT);
                    assertThat(error).hasMessageContaining("in the binary log but not committed");
                });
        assertThat(swap.isSwapped()).isFalse();
        assertThat(bench.value("SELECT v FROM " + MySqlNames.quote(plan.shadow()) + " WHERE id = 1"))
                .isEqualTo("1");
    }

    /**
     * The session with the progress rows is gone while a row is on its way from the source to the shadow. An applier that wrote it
     * in between, as it is now, would be the last to look.
     */
    @Test
    void whatWasReadBeforeTheHoldWasLostIsNotWritten() throws Exception {
        String shadow = MySqlNames.quote(plan.shadow());
        // Between the row that is read from the source and the one that is written.
        bench.sql("CREATE TRIGGER slow BEFORE INSERT ON " + shadow
                + " FOR EACH ROW BEGIN IF NEW.v = 4 THEN DO GET_LOCK('ahead', 60); END IF; END");
        bench.sql("INSERT INTO t VALUES (4, 4)");
        try (Connection gate = bench.connect()) {
            Bench.execute(gate, "DO GET_LOCK('ahead', 0)");
            CompletableFuture<Outcome> attempt =
                    CompletableFuture.supplyAsync(() -> attempt(keys("4"), Set.of(), List.of()));
            Bench.await(() -> attempt.isDone()
                    || bench.value("SELECT COUNT(*) FROM performance_schema.metadata_locks WHERE object_type ="
                                    + " 'USER LEVEL LOCK' AND object_name = 'ahead' AND lock_status = 'PENDING'")
                            .equals("1"));
            bench.sql("UPDATE t SET v = 40 WHERE id = 4");
            bench.sql("KILL "
                    + bench.value("SELECT DISTINCT t.processlist_id FROM performance_schema.data_locks l"
                            + " JOIN performance_schema.threads t ON t.thread_id = l.thread_id"
                            + " WHERE l.object_schema = 'shoofly' AND l.object_name = 'apply_progress' AND l.lock_type = 'RECORD'"
                            + " AND l.lock_data LIKE '%" + plan.id() + "%'"));
            bench.reconcile(plan, RowKey.of("4"));
            Bench.execute(gate, "DO RELEASE_LOCK('ahead')");
            try {
                assertThat(attempt.get(60, TimeUnit.SECONDS)).isInstanceOf(Outcome.NotSwapped.class);
            } catch (ExecutionException e) {
                assertThat(e.getCause())
                        .isInstanceOfSatisfying(
                                ShooflyException.class,
                                error -> assertThat(error.kind()).isEqualTo(ErrorKind.TRANSIENT))
                        .hasMessageContaining("held the appliers back was lost");
            }
        }
        assertThat(bench.value("SELECT v FROM " + shadow + " WHERE id = 4")).isEqualTo("40");
    }

    @Test
    void anAttemptThatIsGivenUpLeavesTheKeysToTheAppliers() throws SQLException {
        List<Progress> before = bench.database().control().progress().list(plan.id());
        bench.sql("UPDATE t SET v = 10 WHERE id = 1");
        CutoverSettings hasty = new CutoverSettings(
                SETTINGS.mode(), Duration.ofMillis(100), SETTINGS.drainTimeout(), SETTINGS.drainKeys(), 1);
        try (Connection reader = bench.connect()) {
            reader.setAutoCommit(false);
            Bench.execute(reader, "SELECT 1 FROM t");
            assertThat(swap.attempt(hasty, 1, new ScriptedRemainder(keys("1"), Set.of(), List.of())))
                    .isInstanceOf(Outcome.NotSwapped.class);
        }
        String ours = "SELECT v FROM " + MySqlNames.quote(plan.shadow()) + " WHERE id = 1";
        assertThat(bench.value(ours)).isEqualTo("10");
        assertThat(bench.database().control().progress().list(plan.id())).isEqualTo(before);
        bench.sql("UPDATE t SET v = 11 WHERE id = 1");
        bench.reconcile(plan, RowKey.of("1"));
        assertThat(bench.value(ours)).isEqualTo("11");
    }

    /** Ahead nobody makes room for them; the lock's own reconcile does. */
    @Test
    void uniqueValuesThatHaveChangedPlacesAreLeftForTheLock() throws SQLException {
        bench.sql("CREATE TABLE u (id INT PRIMARY KEY, v INT UNIQUE)", "INSERT INTO u VALUES (1, 1), (2, 2)");
        plan = bench.prepare("u", "ADD COLUMN w INT");
        bench.copy(plan, 10);
        bench.sql(
                "UPDATE u SET v = 0 WHERE id = 1",
                "UPDATE u SET v = 1 WHERE id = 2",
                "UPDATE u SET v = 2 WHERE id = 1");
        assertThat(bench.database()
                        .swap(plan)
                        .attempt(SETTINGS, 1, new ScriptedRemainder(keys("1", "2"), Set.of(), keys("1", "2"))))
                .isInstanceOf(Outcome.Swapped.class);
        assertThat(bench.rows("SELECT id, v FROM u ORDER BY id")).containsExactly("1|2", "2|1");
    }
}
