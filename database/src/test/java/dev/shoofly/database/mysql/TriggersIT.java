package dev.shoofly.database.mysql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.database.Database;
import dev.shoofly.database.Databases;
import dev.shoofly.database.TableSwap;
import dev.shoofly.database.TableSwap.Outcome;
import dev.shoofly.model.CutoverMode;
import dev.shoofly.model.CutoverSettings;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Triggers go over with the names: at every instant each write of the application has each of them once. */
class TriggersIT {
    private static final CutoverSettings SETTINGS =
            new CutoverSettings(CutoverMode.AUTO, Duration.ofMillis(400), Duration.ofMillis(500), 2_000, 3);
    private static final TableSwap.Remainder NOTHING = (progress, timeout, most) -> TableSwap.Drained.of(List.of());
    private Bench bench;

    @BeforeEach
    void open() throws SQLException {
        bench = Bench.open();
        bench.sql(
                "CREATE TABLE t (id INT PRIMARY KEY, v INT)",
                "INSERT INTO t VALUES (1, 1), (2, 2)",
                "CREATE TABLE audit (id INT AUTO_INCREMENT PRIMARY KEY, what VARCHAR(90))");
    }

    @AfterEach
    void close() throws SQLException {
        bench.close();
    }

    private void audited() throws SQLException {
        bench.sql(
                "CREATE TRIGGER second AFTER INSERT ON t FOR EACH ROW INSERT INTO audit (what) VALUES (CONCAT('2nd ', NEW.id))",
                "CREATE TRIGGER first AFTER INSERT ON t FOR EACH ROW PRECEDES second INSERT INTO audit (what)"
                        + " VALUES (CONCAT('1st ', NEW.id))",
                """
                CREATE TRIGGER `le ``gal` BEFORE UPDATE ON t FOR EACH ROW BEGIN
                  SET NEW.v = NEW.v * 10; -- ten times;
                  INSERT INTO audit (what) VALUES (CONCAT('{d ?} ', OLD.v, ' to ', NEW.v)); END /* that is all */""",
                "CREATE TRIGGER gone BEFORE DELETE ON t FOR EACH ROW INSERT INTO audit (what) SELECT CONCAT('gone ', OLD.v)"
                        + " -- without an end");
    }

    private String triggersOf(String table) throws SQLException {
        return String.join(
                "\n",
                bench.rows(
                        "SELECT trigger_name, event_manipulation, action_timing, action_order, action_statement, sql_mode,"
                                + " definer, character_set_client, collation_connection, database_collation"
                                + " FROM information_schema.triggers WHERE event_object_schema = '" + bench.schema()
                                + "' AND event_object_table = '" + table + "' ORDER BY 2, 3, 4"));
    }

    private TableSwap swap(MigrationPlan plan) {
        return bench.database().swap(plan);
    }

    @Test
    void theyComeBackWithTheOldTable() throws Exception {
        audited();
        String before = triggersOf("t");
        MigrationPlan plan = bench.prepare("t", "ADD COLUMN w INT DEFAULT 7");
        bench.copy(plan, 10);
        assertThat(swap(plan).attempt(SETTINGS, 1, NOTHING)).isInstanceOf(Outcome.Swapped.class);
        MigrationPlan back = bench.database().wayBack(plan, List.of()).open(1, Instant.EPOCH);
        for (int partition = 0; partition < Bench.PARTITIONS; partition++) {
            bench.claim(back, partition);
        }
        bench.sql("UPDATE t SET v = 5 WHERE id = 1", "INSERT INTO t (id, v) VALUES (3, 3)", "DELETE FROM audit");
        bench.reconcile(back, RowKey.of("1"), RowKey.of("3"));
        TableSwap swapBack = bench.database().swap(back, TableSwap.Direction.BACK);
        assertThat(swapBack.attempt(SETTINGS, 1, NOTHING)).isInstanceOf(Outcome.Swapped.class);

        assertThat(bench.rows("SELECT what FROM audit"))
                .as("what our own writes fired")
                .isEmpty();
        assertThat(triggersOf("t")).isEqualTo(before);
        assertThat(triggersOf(back.old().table())).isEmpty();
        bench.sql("INSERT INTO t VALUES (4, 4)");
        assertThat(bench.rows("SELECT what FROM audit ORDER BY id")).containsExactly("1st 4", "2nd 4");
        assertThat(bench.rows("SELECT * FROM t ORDER BY id")).containsExactly("1|50", "2|2", "3|3", "4|4");
        assertThat(swapBack.isSwapped()).isTrue();
    }

    @Test
    void allThatBelongsToThemGoesOverAndTheOldTableHasNone() throws Exception {
        audited();
        bench.sql("CREATE USER 'd_" + bench.schema() + "'@'%'");
        try (Connection odd = bench.connect()) {
            Bench.execute(
                    odd,
                    "SET sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES', character_set_client = latin1,"
                            + " collation_connection = latin1_german1_ci");
            Bench.execute(
                    odd,
                    "CREATE DEFINER = 'd_" + bench.schema() + "'@'%' TRIGGER odd AFTER DELETE ON t FOR EACH ROW"
                            + " INSERT INTO \"audit\" (what) VALUES ('a\\')");
        }
        bench.sql("GRANT TRIGGER, INSERT, SELECT ON " + bench.schema() + ".* TO 'd_" + bench.schema() + "'@'%'");
        String before = triggersOf("t");
        assertThat(before).contains("first", "latin1_german1_ci", "d_bench");
        MigrationPlan plan = bench.prepare("t", "ADD COLUMN w INT DEFAULT 7, MODIFY v BIGINT");
        bench.copy(plan, 10);
        bench.reconcile(plan, RowKey.of("1"));
        assertThat(bench.rows("SELECT what FROM audit")).isEmpty();

        assertThat(swap(plan)
                        .attempt(
                                SETTINGS,
                                1,
                                (progress, timeout, most) ->
                                        TableSwap.Drained.of(List.of(RowKey.of("1"), RowKey.of("2")))))
                .isInstanceOf(Outcome.Swapped.class);

        assertThat(bench.rows("SELECT what FROM audit"))
                .as("what our own writes fired")
                .isEmpty();
        assertThat(triggersOf("t")).isEqualTo(before);
        assertThat(triggersOf(plan.old().table())).isEmpty();
        assertThat(bench.rows("SHOW CREATE TRIGGER first").get(0)).doesNotContain("PRECEDES");
        swap(plan).finish();
        bench.sql("DELETE FROM t WHERE id = 2");
        assertThat(bench.rows("SELECT what FROM audit ORDER BY id")).containsExactly("gone 2", "a\\");
        bench.sql("DROP USER 'd_" + bench.schema() + "'@'%'");
    }

    @Test
    void betweenAnyTwoStatementsOfTheSwapEachWriteHasEachTriggerOnce() throws Exception {
        audited();
        String before = triggersOf("t");
        MigrationPlan plan = bench.prepare("t", "ADD COLUMN w INT DEFAULT 7");
        bench.copy(plan, 10);
        Handover handover = new Handover(bench.database().profile(), plan);
        try (Connection locking = MySqlSession.connectForSeries(bench.database().profile())) {
            handover.prepare(locking);
            bench.reconcile(plan, RowKey.of("1"));
            assertEachFiresOnce("stand-ins on the shadow");
            bench.reconcile(plan, RowKey.of("77"));
            for (String statement : handover.statements()) {
                Series.oneByOne(locking, List.of(statement));
                assertEachFiresOnce(statement);
            }
        }
        assertThat(triggersOf("t")).isEqualTo(before);
        assertThat(triggersOf(plan.old().table())).isEmpty();
    }

    private void assertEachFiresOnce(String when) throws SQLException {
        bench.sql("DELETE FROM audit", "INSERT INTO t (id, v) VALUES (77, 1)", "UPDATE t SET v = 2 WHERE id = 77");
        bench.sql("DELETE FROM t WHERE id = 77");
        assertThat(bench.rows("SELECT what FROM audit ORDER BY id"))
                .as("after: " + when)
                .containsExactly("1st 77", "2nd 77", "{d ?} 1 to 20", "gone 20");
        bench.sql("DELETE FROM audit");
    }

    /** 0: before the RENAME. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 5, 7, 8, 25})
    void whatTheServersDeathLeavesIsMendedByWhoeverLooksAtTheNames(int statements) throws Exception {
        audited();
        String before = triggersOf("t");
        MigrationPlan plan = bench.prepare("t", "ADD COLUMN w INT DEFAULT 7");
        bench.copy(plan, 10);
        Handover handover = new Handover(bench.database().profile(), plan);
        try (Connection locking = MySqlSession.connectForSeries(bench.database().profile())) {
            handover.prepare(locking);
            assertThat(handover.statements()).hasSize(25);
            Series.oneByOne(locking, handover.statements().subList(0, statements));
        }

        assertThat(swap(plan).isSwapped()).isEqualTo(statements > 0);

        assertThat(triggersOf("t")).isEqualTo(before);
        assertThat(triggersOf(plan.shadow().table())).isEmpty();
        assertThat(triggersOf(plan.old().table())).isEmpty();
        if (statements == 0) {
            assertThat(swap(plan).attempt(SETTINGS, 1, NOTHING)).isInstanceOf(Outcome.Swapped.class);
        }
        assertEachFiresOnce("mending");
    }

    @Test
    void anAttemptThatSwapsNothingLeavesNothing() throws Exception {
        audited();
        MigrationPlan plan = bench.prepare("t", "ADD COLUMN w INT DEFAULT 7");
        bench.copy(plan, 10);
        assertThat(swap(plan).attempt(SETTINGS, 1, (progress, timeout, most) -> {
                    throw new TableSwap.NotDrained("no marker");
                }))
                .isEqualTo(new Outcome.NotSwapped("no marker"));
        assertThat(triggersOf(plan.shadow().table())).isEmpty();
        assertEachFiresOnce("no swap");
    }

    /** LOCK TABLES takes what the triggers use as well. */
    @Test
    void aTransactionThatHoldsATableOfATriggerIsNotMadeADeadlocksVictim() throws Exception {
        bench.sql(
                "CREATE TABLE settings (name VARCHAR(9) PRIMARY KEY, n INT)",
                "CREATE FUNCTION setting() RETURNS INT READS SQL DATA RETURN (SELECT MAX(n) FROM settings)",
                "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.v = COALESCE(setting(), NEW.v)");
        MigrationPlan plan = bench.prepare("t", "ADD COLUMN w INT DEFAULT 7");
        assertThat(Attached.of(plan).others()).containsExactly(new TableName(bench.schema(), "settings"));
        bench.copy(plan, 10);
        try (Connection application = bench.connect()) {
            application.setAutoCommit(false);
            Bench.execute(application, "INSERT INTO settings VALUES ('a', 1)");
            assertThat(swap(plan).attempt(SETTINGS, 1, NOTHING))
                    .isInstanceOfSatisfying(
                            Outcome.NotSwapped.class,
                            not -> assertThat(not.reason()).contains("settings", "may go on to another"));
            Bench.execute(application, "UPDATE t SET v = 9 WHERE id = 1");
            application.commit();
        }
        assertThat(swap(plan).attempt(SETTINGS, 1, NOTHING)).isInstanceOf(Outcome.Swapped.class);
        bench.sql("INSERT INTO t (id, v) VALUES (5, 0)");
        assertThat(bench.value("SELECT v FROM t WHERE id = 5")).isEqualTo("1");
    }

    @Test
    void aTriggerThatTheAlteredTableDoesNotSuitIsRefusedBefore() throws Exception {
        bench.sql("CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.v = 1");
        assertRefused("RENAME COLUMN v TO renamed", "its trigger tr", "Unknown column 'v'");
        assertRefused("DROP COLUMN v, ADD COLUMN w INT", "its trigger tr", "Unknown column 'v'");
    }

    private void assertRefused(String alter, String... words) throws SQLException {
        assertThatThrownBy(() -> bench.prepare("t", alter))
                .isInstanceOfSatisfying(
                        ShooflyException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.REFUSED))
                .hasMessageContainingAll(words);
        bench.sql("DELETE FROM shoofly.migrations WHERE source_schema = '" + bench.schema() + "'");
    }

    @Test
    void triggersThatAreNoLongerTheSameStopTheSwap() throws Exception {
        audited();
        MigrationPlan plan = bench.prepare("t", "ADD COLUMN w INT DEFAULT 7");
        bench.copy(plan, 10);
        bench.sql("DROP TRIGGER gone");
        assertChanged(plan, "gone: trigger gone");
        bench.sql("CREATE TRIGGER gone BEFORE DELETE ON t FOR EACH ROW SET @other = 1");
        assertChanged(plan, "SET @other = 1");
        assertThat(triggersOf(plan.shadow().table())).isEmpty();
    }

    private void assertChanged(MigrationPlan plan, String how) {
        assertThat(bench.database().sourceWatch(plan).change())
                .isPresent()
                .get()
                .asString()
                .contains(how);
        assertThatThrownBy(() -> swap(plan).attempt(SETTINGS, 1, NOTHING))
                .isInstanceOfSatisfying(
                        ShooflyException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.REFUSED))
                .hasMessageContainingAll(how, "Nothing was renamed");
    }

    @Test
    void whoMayNotMakeThemAnewIsToldBefore() throws Exception {
        String user = "m_" + bench.schema();
        audited();
        bench.sql(
                "CREATE USER '" + user + "'@'%' IDENTIFIED BY 'pw'",
                "GRANT ALL PRIVILEGES ON " + bench.schema() + ".* TO '" + user + "'@'%'",
                "GRANT ALL PRIVILEGES ON shoofly.* TO '" + user + "'@'%'",
                "GRANT SELECT ON performance_schema.* TO '" + user + "'@'%'",
                "GRANT REPLICATION SLAVE, REPLICATION CLIENT, PROCESS, XA_RECOVER_ADMIN ON *.* TO '" + user + "'@'%'");
        try (Database limited = Databases.open(bench.profile(user, "pw"), 2, FaultPoints.NONE)) {
            TableName t = new TableName(bench.schema(), "t");
            assertThat(limited.preparation().findings(t))
                    .hasSize(2)
                    .anySatisfy(finding -> assertThat(finding).contains("root@", "GRANT SET_USER_ID"))
                    .anySatisfy(finding -> assertThat(finding).contains("log_bin_trust_function_creators = 1"));
            bench.sql("GRANT SET_USER_ID, SYSTEM_USER ON *.* TO '" + user + "'@'%'");
            bench.sql("SET GLOBAL log_bin_trust_function_creators = 1");
            assertThat(limited.preparation().findings(t)).isEmpty();
            String before = triggersOf("t");
            MigrationPlan plan = bench.prepare("t", "ADD COLUMN w INT DEFAULT 7");
            bench.copy(plan, 10);
            assertThat(limited.swap(plan).attempt(SETTINGS, 1, NOTHING)).isInstanceOf(Outcome.Swapped.class);
            assertThat(triggersOf("t")).isEqualTo(before);
        } finally {
            bench.sql("SET GLOBAL log_bin_trust_function_creators = 0", "DROP USER '" + user + "'@'%'");
        }
    }
}
