package dev.shoofly.database.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.database.ScriptedRemainder;
import dev.shoofly.database.TableSwap;
import dev.shoofly.database.TableSwap.Outcome;
import dev.shoofly.database.control.Progress;
import dev.shoofly.model.CutoverSettings;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a swap writes before it locks the tables, with the application at work. */
class AheadOfLockIT {
    private static final CutoverSettings SETTINGS = CutoverSettings.DEFAULT.withMaxStall(Duration.ofMinutes(1));
    private volatile FaultPoints atPoint = FaultPoints.NONE;
    private Lab lab;
    private MigrationPlan plan;
    private TableSwap swap;

    @BeforeEach
    void open() throws SQLException {
        lab = Lab.open(point -> atPoint.reach(point));
        lab.run("CREATE TABLE t (id int PRIMARY KEY, v int)", "INSERT INTO t VALUES (1, 1), (2, 2), (3, 3)");
        plan = lab.prepare("t", "ALTER v TYPE bigint");
        lab.copyAll(plan, 10);
        lab.run("UPDATE shoofly.migrations SET state = 'READY' WHERE id = '" + plan.id() + "'");
        swap = lab.database.swap(plan);
    }

    @AfterEach
    void close() throws SQLException {
        lab.close();
    }

    private static List<RowKey> keys(String... keys) {
        return Stream.of(keys).map(RowKey::of).toList();
    }

    private Outcome attempt(List<RowKey> ahead, Set<String> transactions, List<RowKey> underLock) {
        return swap.attempt(SETTINGS, 1, new ScriptedRemainder(ahead, transactions, underLock));
    }

    @Test
    void whatIsWrittenAheadIsNotWrittenAgainUnderTheLock() {
        lab.run("UPDATE t SET v = 10 WHERE id = 1", "DELETE FROM t WHERE id = 2", "INSERT INTO t VALUES (4, 4)");
        atPoint = point -> {
            if (point.equals("swap.ahead")) {
                lab.run("UPDATE t SET v = 11 WHERE id = 1", "INSERT INTO t VALUES (5, 5)");
            }
        };
        assertThat(attempt(keys("1", "2", "4"), Set.of(), keys("1", "5")))
                .isInstanceOfSatisfying(
                        Outcome.Swapped.class,
                        swapped -> assertThat(swapped.drainedKeys()).isEqualTo(2));
        assertThat(lab.rows("SELECT * FROM t ORDER BY id")).containsExactly("(1,11)", "(3,3)", "(4,4)", "(5,5)");
    }

    /** The log had delivered the change, the read showed the row as it was before, and nothing would correct it. */
    @Test
    void nothingIsReadAheadThatIsNotVisible() throws SQLException {
        try (Connection writer = lab.connect();
                Statement statement = writer.createStatement()) {
            writer.setAutoCommit(false);
            statement.execute("UPDATE t SET v = 10 WHERE id = 1");
            String transaction = lab.value("SELECT backend_xid FROM pg_stat_activity WHERE backend_xid IS NOT NULL"
                    + " AND datname = current_database()");

            assertThat(attempt(keys("1"), Set.of(transaction), List.of()))
                    .isInstanceOfSatisfying(
                            Outcome.NotSwapped.class,
                            not -> assertThat(not.reason()).contains("not visible", "synchronous standby"));
            assertThat(lab.rows("SELECT mode FROM pg_locks WHERE relation = 't'::regclass AND mode LIKE 'Access%Ex%'"))
                    .isEmpty();
            writer.commit();
            assertThat(attempt(keys("1"), Set.of(transaction), List.of())).isInstanceOf(Outcome.Swapped.class);
        }
        assertThat(lab.rows("SELECT * FROM t ORDER BY id")).containsExactly("(1,10)", "(2,2)", "(3,3)");
    }

    /**
     * The swap's session is gone and with it its hold on the progress rows; an applier that began then would not see the row that
     * is inserted ahead, nor delete it, and would be the last to look.
     */
    @Test
    void anApplierThatBeginsWhenTheHoldIsLostLeavesNoGhost() throws Exception {
        lab.reconcile(plan, RowKey.of("4"));
        lab.run("INSERT INTO t VALUES (4, 4)");
        AtomicReference<CompletableFuture<Void>> applier = new AtomicReference<>();
        atPoint = point -> {
            if (point.equals("swap.ahead-written")) {
                lab.run("DELETE FROM t WHERE id = 4");
                assertThat(lab.value(
                                "SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_locks WHERE mode = 'RowShareLock'"
                                        + " AND relation = 'shoofly.apply_progress'::regclass AND pid NOT IN (SELECT pid FROM"
                                        + " pg_locks WHERE relation = '" + Lab.shadow(plan) + "'::regclass)"))
                        .as("the swap's session, not the one that writes")
                        .isEqualTo("1");
                applier.set(CompletableFuture.runAsync(() -> lab.reconcile(plan, RowKey.of("4"))));
                Waits.until(() -> Objects.requireNonNull(applier.get()).isDone()
                        || lab.value("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                                        + " AND datname = current_database()")
                                .equals("1"));
            }
        };
        assertThat(attempt(keys("4"), Set.of(), List.of())).isInstanceOf(Outcome.NotSwapped.class);
        Objects.requireNonNull(applier.get()).get(60, TimeUnit.SECONDS);
        assertThat(lab.rows("SELECT id FROM " + Lab.shadow(plan) + " ORDER BY id"))
                .containsExactly("(1)", "(2)", "(3)");
    }

    @Test
    void anAttemptThatIsGivenUpLeavesTheKeysToTheAppliers() throws SQLException {
        List<Progress> before = lab.database.control().progress().list(plan.id());
        lab.run("UPDATE t SET v = 10 WHERE id = 1");
        CutoverSettings hasty = new CutoverSettings(
                SETTINGS.mode(), Duration.ofMillis(100), SETTINGS.drainTimeout(), SETTINGS.drainKeys(), 1);
        try (Connection reader = lab.connect();
                Statement statement = reader.createStatement()) {
            reader.setAutoCommit(false);
            statement.execute("LOCK TABLE t IN ACCESS SHARE MODE");
            assertThat(swap.attempt(hasty, 1, new ScriptedRemainder(keys("1"), Set.of(), List.of())))
                    .isInstanceOf(Outcome.NotSwapped.class);
        }
        assertThat(lab.value("SELECT v FROM " + Lab.shadow(plan) + " WHERE id = 1"))
                .isEqualTo("10");
        assertThat(lab.database.control().progress().list(plan.id())).isEqualTo(before);
        lab.run("UPDATE t SET v = 11 WHERE id = 1");
        lab.reconcile(plan, RowKey.of("1"));
        assertThat(lab.value("SELECT v FROM " + Lab.shadow(plan) + " WHERE id = 1"))
                .isEqualTo("11");
    }

    /** Ahead nobody makes room for them; the lock's own reconcile does. */
    @Test
    void uniqueValuesThatHaveChangedPlacesAreLeftForTheLock() {
        lab.run("CREATE TABLE u (id int PRIMARY KEY, v int UNIQUE)", "INSERT INTO u VALUES (1, 1), (2, 2)");
        plan = lab.prepare("u", "ADD COLUMN w int");
        lab.copyAll(plan, 10);
        lab.run("UPDATE shoofly.migrations SET state = 'READY' WHERE id = '" + plan.id() + "'");
        lab.run(
                "UPDATE u SET v = 0 WHERE id = 1",
                "UPDATE u SET v = 1 WHERE id = 2",
                "UPDATE u SET v = 2 WHERE id = 1");
        assertThat(lab.database
                        .swap(plan)
                        .attempt(SETTINGS, 1, new ScriptedRemainder(keys("1", "2"), Set.of(), keys("1", "2"))))
                .isInstanceOf(Outcome.Swapped.class);
        assertThat(lab.rows("SELECT id, v FROM u ORDER BY id")).containsExactly("(1,2)", "(2,1)");
    }
}
