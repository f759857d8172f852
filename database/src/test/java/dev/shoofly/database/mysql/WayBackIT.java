package dev.shoofly.database.mysql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.database.TableSwap.Direction;
import dev.shoofly.database.TableSwap.Drained;
import dev.shoofly.database.TableSwap.Outcome;
import dev.shoofly.database.control.Progress;
import dev.shoofly.model.CutoverSettings;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.KeyRange;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RollbackFeasibility;
import dev.shoofly.model.RollbackFeasibility.Verdict;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.Transform;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The old table after the swap: kept up to date from the new one, and swapped in again. */
class WayBackIT {
    private static final String IN_TRANSACTION =
            "SELECT trx_mysql_thread_id FROM information_schema.innodb_trx WHERE trx_mysql_thread_id > 0";
    private final AtomicReference<String> failing = new AtomicReference<>("");
    private final AtomicReference<String> losing = new AtomicReference<>("");
    private Bench bench;

    @BeforeEach
    void open() throws SQLException {
        bench = Bench.open(point -> {
            if (point.equals(failing.get())) {
                throw new IllegalStateException("died at " + point);
            }
            if (point.equals(losing.get())) {
                endEveryTransaction();
            }
        });
    }

    @AfterEach
    void close() throws SQLException {
        bench.close();
    }

    private MigrationPlan swapped(String table, String... alters) {
        MigrationPlan plan = bench.prepare(table, alters);
        bench.copy(plan, 100);
        swap(plan, Direction.FORWARD);
        return plan;
    }

    private void swap(MigrationPlan plan, Direction direction, String... remainder) {
        List<RowKey> keys = List.of(remainder).stream().map(RowKey::of).toList();
        assertThat(bench.database()
                        .swap(plan, direction)
                        .attempt(
                                CutoverSettings.DEFAULT.withMaxStall(Duration.ofMinutes(1)),
                                1,
                                (progress, timeout, most) -> Drained.of(keys)))
                .isInstanceOf(Outcome.Swapped.class);
    }

    /** The swap has raised the epochs: the appliers of the other direction claim their partitions anew. */
    private MigrationPlan back(MigrationPlan plan, String... reverses) {
        MigrationPlan back = bench.database()
                .wayBack(
                        plan,
                        List.of(reverses).stream()
                                .map(text -> Transform.parse(text).orElseThrow())
                                .toList())
                .open(1, Instant.EPOCH);
        for (int partition = 0; partition < Bench.PARTITIONS; partition++) {
            bench.claim(back, partition);
        }
        return back;
    }

    private RollbackFeasibility feasibility(MigrationPlan plan) {
        return bench.database().wayBack(plan, List.of()).feasibility();
    }

    /** They would write back what a conversion has changed in rows that nobody has touched since. */
    @ParameterizedTest
    @EnumSource(Direction.class)
    void aSwapThatDiesBetweenRenameAndRecordLeavesTheAppliersBehindWhatItHasDrained(Direction dying)
            throws SQLException {
        bench.sql("CREATE TABLE t (id int PRIMARY KEY, v decimal(9,3))", "INSERT INTO t VALUES (1, 1.234), (2, 2.345)");
        MigrationPlan plan = bench.prepare("t", "MODIFY v decimal(9,1)");
        bench.copy(plan, 100);
        if (dying == Direction.BACK) {
            swap(plan, Direction.FORWARD);
            plan = back(plan);
        }
        bench.sql("UPDATE t SET v = 7.5 WHERE id = 1");
        MigrationPlan swapped = plan;
        String point = dying.point("after-rename");
        Map<Integer, Long> offsets = Map.of(0, 40L, 1, 41L, 2, 42L, 3, 43L);
        failing.set(point);
        assertThatThrownBy(() -> bench.database()
                        .swap(swapped, dying)
                        .attempt(
                                CutoverSettings.DEFAULT.withMaxStall(Duration.ofMinutes(1)),
                                1,
                                (progress, timeout, most) -> new Drained(List.of(RowKey.of("1")), offsets, 5)))
                .hasMessageContaining("died at " + point);
        failing.set("");
        assertThat(offsets(plan)).as("the transaction that saves them is lost").containsExactly(0L, 0L, 0L, 0L);
        assertThat(bench.database().swap(swapped, dying).isSwapped()).isTrue();
        assertThat(offsets(plan)).containsExactly(40L, 41L, 42L, 43L);
        assertThat(bench.database().control().progress().list(plan.id()))
                .as("behind the marker before which all is in both tables")
                .allSatisfy(progress -> assertThat(progress.swapMarker()).isEqualTo(5));
        assertThatThrownBy(() -> bench.reconcile(swapped, RowKey.of("1")))
                .as("who applied before the swap stops")
                .isInstanceOf(ShooflyException.class);
        long epoch =
                bench.database().control().progress().list(plan.id()).get(0).epoch();
        assertThat(bench.database().swap(swapped, dying).isSwapped()).isTrue();
        assertThat(bench.database().control().progress().list(plan.id()).get(0).epoch())
                .as("once")
                .isEqualTo(epoch);
    }

    private void endEveryTransaction() {
        try {
            for (String session : bench.rows(IN_TRANSACTION)) {
                bench.sql("KILL " + session);
            }
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    /** Whoever reads in the log that a cut-over is in doubt looks for the wrong table under the wrong name. */
    @ParameterizedTest
    @EnumSource(Direction.class)
    void aSwapWhoseRecordIsInDoubtSaysWhichOfTheTwoItIsAndByWhichNamesToTell(Direction direction) throws SQLException {
        bench.sql("CREATE TABLE t (id int PRIMARY KEY, v int)", "INSERT INTO t VALUES (1, 1)");
        MigrationPlan there = bench.prepare("t", "MODIFY v bigint");
        bench.copy(there, 100);
        if (direction == Direction.BACK) {
            swap(there, Direction.FORWARD);
        }
        MigrationPlan plan = direction == Direction.BACK ? back(there) : there;
        losing.set(direction.point("unlocked"));
        assertThatThrownBy(() -> bench.database()
                        .swap(plan, direction)
                        .attempt(
                                CutoverSettings.DEFAULT.withMaxStall(Duration.ofMinutes(1)),
                                1,
                                (progress, timeout, most) -> Drained.of(List.of())))
                .isInstanceOfSatisfying(
                        ShooflyException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.AMBIGUOUS))
                .hasMessageStartingWith(
                        (direction == Direction.BACK ? "rollback" : "cut-over") + " of " + plan.source() + ": ")
                .hasMessageContaining("it did if " + plan.old() + " exists and " + plan.shadow() + " does not");
        losing.set("");
        assertThat(bench.database().swap(plan, direction).isSwapped()).isTrue();
    }

    private List<Long> offsets(MigrationPlan plan) {
        return bench.database().control().progress().list(plan.id()).stream()
                .map(Progress::nextOffset)
                .toList();
    }

    /** Row 1 is deleted only because row 2 took its value, and is written again by the owner of its key. */
    @Test
    void aRowThatMadeRoomForAUniqueValueKeepsWhatTheNewTableHasNoColumnFor() throws SQLException {
        bench.sql(
                "CREATE TABLE t (id int PRIMARY KEY, u varchar(9) UNIQUE, legacy int DEFAULT 0, more varchar(9))",
                "INSERT INTO t VALUES (1, 'v1', 101, 'a'), (2, 'v2', 102, 'b'), (3, 'v3', 103, 'c'), (4, 'v4', 104, 'd'),"
                        + " (5, 'v5', 105, 'e'), (6, 'v6', 106, 'f')");
        MigrationPlan plan = swapped("t", "DROP COLUMN legacy, DROP COLUMN more");
        MigrationPlan back = back(plan);
        bench.sql(
                "UPDATE t SET u = 'x' WHERE id = 1",
                "UPDATE t SET u = 'v1' WHERE id = 2",
                "UPDATE t SET u = 'v2' WHERE id = 1",
                "DELETE FROM t WHERE id = 3",
                "UPDATE t SET u = 'v3' WHERE id = 4",
                "UPDATE t SET u = 'y' WHERE id = 6",
                "INSERT INTO t VALUES (7, 'v6')");
        for (String id : List.of("2", "4", "7", "1", "3", "6")) {
            bench.reconcile(back, RowKey.of(id));
        }
        assertThat(bench.rows("SELECT * FROM " + MySqlNames.quote(plan.old()) + " ORDER BY id"))
                .containsExactly("1|v2|101|a", "2|v1|102|b", "4|v3|104|d", "5|v5|105|e", "6|y|106|f", "7|v6|0|null");
        assertThat(bench.rows("SELECT * FROM shoofly.kept_" + plan.id())).isEmpty();
        bench.database().wayBack(plan, List.of()).close();
        assertThat(bench.rows("SELECT 1 FROM information_schema.tables WHERE table_name = 'kept_" + plan.id() + "'"))
                .isEmpty();
    }

    @Test
    void rowsOfOneBatchThatExchangeTheirValuesKeepItToo() throws SQLException {
        bench.sql(
                "CREATE TABLE t (id int PRIMARY KEY, u varchar(9) UNIQUE, legacy int)",
                "INSERT INTO t VALUES (1, 'a', 11), (2, 'b', 12), (3, 'c', 13)");
        MigrationPlan plan = swapped("t", "DROP COLUMN legacy");
        MigrationPlan back = back(plan);
        String exchange = "UPDATE t SET u = CONCAT(u, id)";
        bench.sql(exchange, "UPDATE t SET u = ELT(id, 'b', 'c', 'a')");
        bench.database()
                .reconciler(back)
                .apply(bench.batch(0, List.of(RowKey.of("1"), RowKey.of("2"), RowKey.of("3")), java.util.Set.of()));
        assertThat(bench.rows("SELECT * FROM " + MySqlNames.quote(plan.old()) + " ORDER BY id"))
                .containsExactly("1|b|11", "2|c|12", "3|a|13");
        bench.sql(exchange, "UPDATE t SET u = ELT(id, 'c', 'a', 'b')");
        swap(back, Direction.BACK, "1", "2", "3");
        assertThat(bench.rows("SELECT * FROM t ORDER BY id")).containsExactly("1|c|11", "2|a|12", "3|b|13");
    }

    @Test
    void aColumnOfTheSameTypeInAnotherCharacterSetIsToldByIt() throws SQLException {
        bench.sql("CREATE TABLE t (id int PRIMARY KEY, name varchar(40)) DEFAULT CHARSET = latin1");
        MigrationPlan plan = swapped("t", "CONVERT TO CHARACTER SET utf8mb4");
        assertThat(feasibility(plan).reasons())
                .containsExactly(
                        "column name of the old table is varchar(40) in latin1 (latin1_swedish_ci), which may not take"
                                + " every value of varchar(40) in utf8mb4 (utf8mb4_0900_ai_ci)");
    }

    @Test
    void whateverLatin1HoldsComesBackToAColumnOfUtf8mb4() throws SQLException {
        bench.sql(
                "CREATE TABLE t (id int PRIMARY KEY, name varchar(4), code char(4), kind enum('new','ä') NOT NULL DEFAULT 'ä')"
                        + " DEFAULT CHARSET = utf8mb4");
        MigrationPlan plan =
                swapped("t", "MODIFY name varchar(4) CHARACTER SET latin1, MODIFY code char(4) CHARACTER SET latin1");
        assertThat(feasibility(plan).reasons()).isEmpty();
        assertThat(feasibility(plan).verdict()).isEqualTo(Verdict.SAFE);
        MigrationPlan back = back(plan);
        RowKey[] keys = new RowKey[256];
        for (int i = 0; i < keys.length; i++) {
            bench.sql("INSERT INTO t (id, name, code) VALUES (" + i + ", _latin1 X'" + String.format("%02X61", i)
                    + "', _latin1 X'" + String.format("%02X61", i) + "')");
            keys[i] = RowKey.of(Integer.toString(i));
        }
        bench.reconcile(back, keys);
        assertThat(bench.rows("SELECT count(*), sum(HEX(n.name) <> HEX(CONVERT(o.name USING latin1))),"
                        + " sum(HEX(n.code) <> HEX(CONVERT(o.code USING latin1))), sum(HEX(n.name) <> CONCAT(LPAD(HEX(n.id), 2, '0'), '61'))"
                        + " FROM t n JOIN " + MySqlNames.quote(plan.old()) + " o USING (id)"))
                .containsExactly("256|0|0|0");
        assertThat(bench.rows("SELECT 1 FROM shoofly.misfits WHERE migration_id = '" + back.id() + "'"))
                .isEmpty();
    }

    /** The old table takes one of two rows that the new one holds. */
    @Test
    void aUniqueKeyThatComparesOtherwiseIsTheReason() throws SQLException {
        bench.sql(
                "CREATE TABLE t (id int PRIMARY KEY, email varchar(40) UNIQUE, name varchar(40), kind enum('new','paid'))"
                        + " DEFAULT CHARSET = utf8mb4");
        MigrationPlan plan = swapped("t", "CONVERT TO CHARACTER SET latin1 COLLATE latin1_general_cs");
        assertThat(feasibility(plan).reasons())
                .containsExactly("the old table's unique key email compares email by utf8mb4_0900_ai_ci, the new one by"
                        + " latin1_general_cs: it may not take every pair of rows that the new one takes");
        bench.sql("INSERT INTO t VALUES (1, 'a@b', '', 'new'), (2, 'A@b', '', 'paid')");
        MigrationPlan back = back(plan);
        assertThatThrownBy(() -> bench.reconcile(back, RowKey.of("1"), RowKey.of("2")))
                .as("it is so")
                .isInstanceOf(ShooflyException.class)
                .hasMessageContaining("email");
    }

    @Test
    void anotherCollationAloneDoesNotHinderAValue() throws SQLException {
        bench.sql("CREATE TABLE t (id int PRIMARY KEY, name varchar(40)) DEFAULT CHARSET = utf8mb4");
        MigrationPlan plan = swapped("t", "MODIFY name varchar(40) COLLATE utf8mb4_bin");
        assertThat(feasibility(plan).verdict()).isEqualTo(Verdict.SAFE);
    }

    @Test
    void renamedAndRetypedColumnsAndKeysFindTheirWayBack() throws SQLException {
        bench.sql(
                "CREATE TABLE t (id int PRIMARY KEY, name varchar(40) NOT NULL, n int, KEY by_name (name))",
                "INSERT INTO t VALUES (1, 'a', 1), (2, 'b', 2)");
        MigrationPlan plan = swapped(
                "t",
                "CHANGE id `the Id` bigint NOT NULL, CHANGE name label varchar(80) NOT NULL, MODIFY n varchar(20),"
                        + " RENAME KEY by_name TO by_label");
        assertThat(feasibility(plan).verdict()).isEqualTo(Verdict.RISKY);
        assertThat(feasibility(plan).reasons().toString())
                .contains("column id of the old table is int")
                .contains("column n of the old table is int")
                .contains("column name of the old table is varchar(40)");
        MigrationPlan back = back(plan);
        bench.sql(
                "UPDATE t SET n = '7' WHERE `the Id` = 1",
                "INSERT INTO t VALUES (3, 'c', '3')",
                "DELETE FROM t WHERE n = '2'");
        bench.reconcile(back, RowKey.of("1"), RowKey.of("2"), RowKey.of("3"));
        assertThat(bench.database().comparer(back).compare(KeyRange.ALL).equal())
                .isTrue();
        bench.sql("UPDATE t SET n = '8' WHERE `the Id` = 1");
        swap(back, Direction.BACK, "1");
        assertThat(bench.rows("SELECT id, name, n FROM t ORDER BY id")).containsExactly("1|a|8", "3|c|3");
        assertThat(bench.database().swap(back, Direction.BACK).isSwapped()).isTrue();
    }

    @Test
    void aKeySpelledOtherwiseKeepsWhatTheNewTableHasNoColumnFor() throws SQLException {
        bench.sql(
                "CREATE TABLE t (k varchar(9) PRIMARY KEY, n int, legacy int) DEFAULT CHARSET utf8mb4",
                "INSERT INTO t VALUES ('a', 1, 11)");
        MigrationPlan plan = swapped("t", "DROP COLUMN legacy");
        MigrationPlan back = back(plan);
        bench.sql("UPDATE t SET k = 'A'");
        bench.reconcile(back, RowKey.of("a"), RowKey.of("A"));
        assertThat(bench.rows("SELECT * FROM " + MySqlNames.quote(plan.old()))).containsExactly("A|1|11");
        bench.sql("DELETE FROM t");
        bench.reconcile(back, RowKey.of("A"));
        assertThat(bench.rows("SELECT * FROM " + MySqlNames.quote(plan.old()))).isEmpty();
        assertThat(bench.rows("SELECT * FROM shoofly.kept_" + plan.id())).isEmpty();
    }

    @Test
    void aDroppedColumnWithAZeroDateAsDefaultIsKept() throws SQLException {
        bench.sql(
                "SET sql_mode = ''",
                "CREATE TABLE t (id int PRIMARY KEY, u int UNIQUE, legacy timestamp NOT NULL DEFAULT '0000-00-00 00:00:00')",
                "INSERT INTO t VALUES (1, 1, '2020-01-01 00:00:00')");
        MigrationPlan plan = swapped("t", "DROP COLUMN legacy");
        MigrationPlan back = back(plan);
        bench.sql("UPDATE t SET u = 2");
        bench.reconcile(back, RowKey.of("1"));
        assertThat(bench.rows("SELECT id, u, legacy FROM " + MySqlNames.quote(plan.old())))
                .containsExactly("1|2|2020-01-01 00:00:00");
    }

    /** Say, the process was killed after the swap, and is resumed an hour later. */
    @Test
    void whatWasMadeBetweenTheSwapAndTheOpeningIsNotLostInSilence() throws SQLException {
        bench.sql("CREATE TABLE t (id int PRIMARY KEY, n int)", "INSERT INTO t VALUES (1, 1)");
        MigrationPlan plan = bench.prepare("t", "ADD COLUMN extra int");
        bench.copy(plan, 10);
        bench.database().control().rollback().saveFeasibility(plan.id(), 1, RollbackFeasibility.SAFE);
        swap(plan, Direction.FORWARD);
        bench.sql("ALTER TABLE t ADD COLUMN hotfix int");
        assertThatThrownBy(() -> back(plan))
                .hasMessageContaining("was changed right after the swap")
                .hasMessageContaining("hotfix");
    }

    @Test
    void saysWhyThereIsNoWayBack() throws SQLException {
        bench.sql(
                "CREATE TABLE u (id int PRIMARY KEY, tenant int NOT NULL DEFAULT 0, email varchar(9), UNIQUE (tenant, email))",
                "CREATE TABLE k (id int PRIMARY KEY, n int)",
                "CREATE TABLE c (id int PRIMARY KEY, email varchar(9))");
        assertThat(feasibility(swapped("u", "DROP COLUMN tenant")).reasons().toString())
                .contains("is over a column that the new one has nothing for");
        assertThat(feasibility(swapped("k", "CHANGE id `key` int NOT NULL, ADD COLUMN id int"))
                        .reasons()
                        .toString())
                .contains("gets another name, and another column its name");
        MigrationPlan plan = bench.prepareComputing(List.of("email=lower(email)"), "c");
        bench.copy(plan, 10);
        swap(plan, Direction.FORWARD);
        assertThat(feasibility(plan).reasons().toString()).contains("--reverse email=");
    }

    @Test
    void aValueThatDoesNotFitIsSetAside() throws SQLException {
        bench.sql("CREATE TABLE t (id int PRIMARY KEY, n tinyint)", "INSERT INTO t VALUES (1, 1)");
        MigrationPlan back = back(swapped("t", "MODIFY n int"));
        bench.sql("UPDATE t SET n = 1000");
        bench.reconcile(back, RowKey.of("1"));
        assertThat(bench.rows("SELECT row_key, column_name, detail FROM shoofly.misfits WHERE migration_id = '"
                        + back.id() + "'"))
                .containsExactly("[\"1\"]|n|Out of range value for column 'n' (error 1264)");
        assertThat(bench.rows("SELECT n FROM " + MySqlNames.quote(back.shadow())))
                .isEmpty();
    }

    @Test
    void numbersGoOnWhereTheNewTableStopped() throws SQLException {
        bench.sql("CREATE TABLE t (id int PRIMARY KEY AUTO_INCREMENT, n int)", "INSERT INTO t (n) VALUES (1), (2)");
        MigrationPlan back = back(swapped("t", "ADD COLUMN extra int"));
        bench.sql("INSERT INTO t (n) VALUES (3), (4)", "DELETE FROM t WHERE id > 2");
        bench.reconcile(back, RowKey.of("3"), RowKey.of("4"));
        swap(back, Direction.BACK);
        bench.sql("INSERT INTO t (n) VALUES (5)");
        assertThat(bench.rows("SELECT * FROM t ORDER BY id")).containsExactly("1|1", "2|2", "5|5");
    }

    @Test
    void anExpressionGivesWhatTheOldTableNeeds() throws SQLException {
        bench.sql(
                "CREATE TABLE t (id int PRIMARY KEY, first varchar(20) NOT NULL, last varchar(20) NOT NULL)",
                "INSERT INTO t VALUES (1, 'Ada', 'L')");
        MigrationPlan plan = swapped(
                "t", "ADD COLUMN name varchar(50) NOT NULL DEFAULT 'No One', DROP COLUMN first, DROP COLUMN last");
        assertThat(feasibility(plan).verdict()).isEqualTo(Verdict.IMPOSSIBLE);
        assertThat(feasibility(plan).reasons().toString()).contains("--reverse first=");
        MigrationPlan back = back(plan, "first=substring_index(name, ' ', 1)", "last=substring_index(name, ' ', -1)");
        bench.sql("INSERT INTO t VALUES (2, 'Grace H')");
        bench.reconcile(back, RowKey.of("2"));
        assertThat(bench.rows("SELECT * FROM " + MySqlNames.quote(plan.old()) + " ORDER BY id"))
                .containsExactly("1|Ada|L", "2|Grace|H");
    }

    @Test
    void itsChecksAreNamedAsBefore() throws SQLException {
        bench.sql("CREATE TABLE t (id int PRIMARY KEY, n int, CHECK (n > 0))", "INSERT INTO t VALUES (1, 1)");
        String before = SourceDefinition.of(
                bench.connect(), bench.database().preparation().resolve("t"));
        MigrationPlan back = back(swapped("t", "ADD COLUMN extra int"));
        swap(back, Direction.BACK);
        assertThat(SourceDefinition.of(
                        bench.connect(), bench.database().preparation().resolve("t")))
                .isEqualTo(before);
    }
}
