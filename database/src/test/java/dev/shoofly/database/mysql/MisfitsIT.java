package dev.shoofly.database.mysql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.database.Comparer.Kind;
import dev.shoofly.database.Comparer.RowDifference;
import dev.shoofly.database.TableSwap.Direction;
import dev.shoofly.database.TableSwap.Drained;
import dev.shoofly.database.TableSwap.Outcome;
import dev.shoofly.database.control.MisfitRows;
import dev.shoofly.database.control.Misfits;
import dev.shoofly.model.CutoverSettings;
import dev.shoofly.model.KeyRange;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.Transform;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Rows of the new table that the old one does not take, in the rollback window. */
class MisfitsIT {
    private volatile boolean dying;
    private Bench bench;

    @BeforeEach
    void open() throws SQLException {
        bench = Bench.open(point -> {
            if (dying && point.equals("reconcile.before-commit")) {
                throw new IllegalStateException("died at " + point);
            }
        });
        bench.sql("SET SESSION cte_max_recursion_depth = 20000");
        bench.sql(
                "CREATE TABLE t (id int PRIMARY KEY, u varchar(9), UNIQUE KEY one_u (u), n int NOT NULL, legacy int DEFAULT 0,"
                        + " CONSTRAINT small CHECK (n < 1000000))",
                fill(1, 6));
    }

    @AfterEach
    void close() throws SQLException {
        bench.close();
    }

    private static String fill(int from, int to) {
        return "INSERT INTO t SELECT i, CONCAT('v', i), i, 100 + i FROM (WITH RECURSIVE s (i) AS (SELECT " + from
                + " UNION ALL SELECT i + 1 FROM s WHERE i < " + to
                + ") SELECT i FROM s) AS numbers";
    }

    private MigrationPlan back() {
        return back("t", "DROP CHECK small, MODIFY u varchar(99), MODIFY n bigint NULL, DROP COLUMN legacy");
    }

    private MigrationPlan back(String table, String alter) {
        MigrationPlan plan = bench.prepare(table, alter);
        bench.copy(plan, 1_000);
        assertThat(swap(plan, Direction.FORWARD)).isInstanceOf(Outcome.Swapped.class);
        MigrationPlan back =
                bench.database().wayBack(plan, List.<Transform>of()).open(1, Instant.EPOCH);
        for (int partition = 0; partition < Bench.PARTITIONS; partition++) {
            bench.claim(back, partition);
        }
        return back;
    }

    private Outcome swap(MigrationPlan plan, Direction direction, String... remainder) {
        List<RowKey> keys = Stream.of(remainder).map(RowKey::of).toList();
        return bench.database()
                .swap(plan, direction)
                .attempt(
                        CutoverSettings.DEFAULT.withMaxStall(Duration.ofMinutes(1)),
                        1,
                        (progress, timeout, most) -> Drained.of(keys));
    }

    private Misfits misfits(MigrationPlan back) {
        return bench.database().control().misfits().summary(back.id());
    }

    private void reconcile(MigrationPlan back, String... ids) {
        bench.reconcile(back, Stream.of(ids).map(RowKey::of).toList());
    }

    private void apply(MigrationPlan back, String... ids) {
        List<RowKey> keys = Stream.of(ids).map(RowKey::of).toList();
        bench.database().reconciler(back).apply(bench.batch(0, keys, Set.of()));
    }

    private List<String> old(MigrationPlan back) throws SQLException {
        return bench.rows("SELECT id, u, n, legacy FROM " + MySqlNames.quote(back.shadow()) + " ORDER BY id");
    }

    @Test
    void rowsThatDoNotFitLeaveTheRestOfTheirBatchAloneAndLoseNothingWhenTheyAreRepaired() throws SQLException {
        MigrationPlan back = back();
        bench.sql(
                "UPDATE t SET n = 3000000000 WHERE id = 1",
                "UPDATE t SET u = 'longer than nine' WHERE id = 2",
                "UPDATE t SET n = NULL WHERE id = 3",
                "UPDATE t SET n = 1000001 WHERE id = 4",
                "UPDATE t SET n = 55 WHERE id = 5",
                "DELETE FROM t WHERE id = 6",
                "INSERT INTO t VALUES (7, 'v7', 7), (8, 'v8', 4000000000)");
        apply(back, "1", "2", "3", "4", "5", "6", "7", "8");
        assertThat(old(back)).containsExactly("5|v5|55|105", "7|v7|7|0");
        assertThat(misfits(back).rows()).isEqualTo(5);
        assertThat(misfits(back).columns())
                .containsOnly(Map.entry("n", 3L), Map.entry("u", 1L), Map.entry("constraint small", 1L));
        assertThat(bench.rows("SELECT detail FROM shoofly.misfits").toString())
                .as("no values")
                .contains("Out of range value")
                .doesNotContain("3000000000", "longer than nine");
        assertThat(bench.database().comparer(back).compare(KeyRange.ALL).equal())
                .isTrue();

        assertThat(swap(back, Direction.BACK)).isInstanceOf(Outcome.DoesNotFit.class);
        assertThat(old(back)).as("nothing was renamed").hasSize(2);

        bench.sql("UPDATE t SET n = id, u = CONCAT('v', id)", "DELETE FROM t WHERE id = 8");
        reconcile(back, "1", "2", "3", "4", "5", "7", "8");
        assertThat(misfits(back)).isEqualTo(Misfits.NONE);
        assertThat(swap(back, Direction.BACK)).isInstanceOf(Outcome.Swapped.class);
        assertThat(bench.rows("SELECT * FROM t ORDER BY id"))
                .containsExactly("1|v1|1|101", "2|v2|2|102", "3|v3|3|103", "4|v4|4|104", "5|v5|5|105", "7|v7|7|0");
    }

    @Test
    void aRowThatDoesNotFitInTheRemainderKeepsTheTablesAsTheyAre() throws SQLException {
        MigrationPlan back = back();
        bench.sql("UPDATE t SET n = 3000000000 WHERE id = 1", "UPDATE t SET n = 22 WHERE id = 2");
        Outcome outcome = swap(back, Direction.BACK, "1", "2");
        assertThat(outcome).isInstanceOf(Outcome.DoesNotFit.class);
        assertThat(((Outcome.DoesNotFit) outcome).reason()).doesNotContain("3000000000");
        assertThat(misfits(back)).as("the appliers do that").isEqualTo(Misfits.NONE);
        assertThat(old(back)).contains("1|v1|1|101");
        reconcile(back, "1", "2");
        assertThat(misfits(back).keys()).containsExactly(RowKey.of("1"));
        bench.sql("UPDATE t SET n = 11 WHERE id = 1");
        assertThat(swap(back, Direction.BACK, "1"))
                .as("what is known is not tried under locks")
                .isInstanceOf(Outcome.DoesNotFit.class);
        reconcile(back, "1");
        assertThat(swap(back, Direction.BACK)).isInstanceOf(Outcome.Swapped.class);
        assertThat(bench.rows("SELECT * FROM t WHERE id < 3 ORDER BY id"))
                .containsExactly("1|v1|11|101", "2|v2|22|102");
    }

    @Test
    void aProcessThatDiesBeforeTheCommitLeavesNoEntryAndTheNextOneLeavesOne() throws SQLException {
        MigrationPlan back = back();
        bench.sql("UPDATE t SET n = 3000000000 WHERE id = 1");
        dying = true;
        assertThatThrownBy(() -> reconcile(back, "1")).hasMessageContaining("died");
        assertThat(misfits(back)).isEqualTo(Misfits.NONE);
        assertThat(old(back)).contains("1|v1|1|101");
        dying = false;
        reconcile(back, "1");
        reconcile(back, "1");
        assertThat(misfits(back).rows()).isEqualTo(1);
        bench.sql("UPDATE t SET n = 11 WHERE id = 1");
        dying = true;
        assertThatThrownBy(() -> reconcile(back, "1")).hasMessageContaining("died");
        assertThat(misfits(back).rows()).isEqualTo(1);
        dying = false;
        reconcile(back, "1");
        assertThat(misfits(back)).isEqualTo(Misfits.NONE);
        assertThat(old(back)).contains("1|v1|11|101");
    }

    /** What stands in its way does not fit itself, and its owner has not come to it yet. */
    @Test
    void aValueThatARowThatDoesNotFitHeldIsFreeForOthers() throws SQLException {
        MigrationPlan back = back();
        bench.sql(
                "UPDATE t SET u = 'longer than nine', n = 3000000000 WHERE id = 1",
                "UPDATE t SET u = 'v1' WHERE id = 2",
                "UPDATE t SET n = 3000000000, u = 'x' WHERE id = 3",
                "UPDATE t SET u = 'v3', n = 3000000000 WHERE id = 4",
                "INSERT INTO t VALUES (7, 'v4', 7)");
        reconcile(back, "2");
        apply(back, "7", "4", "3");
        reconcile(back, "1");
        assertThat(old(back)).containsExactly("2|v1|2|102", "5|v5|5|105", "6|v6|6|106", "7|v4|7|0");
        assertThat(misfits(back).rows()).isEqualTo(3);
        bench.sql("UPDATE t SET n = id, u = CONCAT('w', id) WHERE id IN (1, 3, 4)");
        reconcile(back, "1", "3", "4");
        assertThat(misfits(back)).isEqualTo(Misfits.NONE);
        assertThat(old(back)).contains("1|w1|1|101", "3|w3|3|103", "4|w4|4|104");
    }

    @Test
    void theComparisonKnowsThemAndStillFindsWhatDiffers() throws SQLException {
        MigrationPlan back = back();
        bench.sql("UPDATE t SET n = 3000000000 WHERE id IN (1, 3)");
        assertThat(bench.database().comparer(back).differingKeys(KeyRange.ALL, 1_000))
                .as("on their way")
                .containsExactlyInAnyOrder(RowKey.of("1"), RowKey.of("3"));
        assertThat(bench.database().comparer(back).compare(KeyRange.ALL).equal())
                .isFalse();
        reconcile(back, "1", "3");
        assertThat(bench.database().comparer(back).differingKeys(KeyRange.ALL, 1_000))
                .isEmpty();
        bench.sql("UPDATE " + MySqlNames.quote(back.shadow()) + " SET n = 77 WHERE id = 2");
        assertThat(bench.database().comparer(back).compare(KeyRange.ALL).equal())
                .isFalse();
        assertThat(bench.database().comparer(back).differingKeys(KeyRange.ALL, 1_000))
                .containsExactly(RowKey.of("2"));
        assertThat(bench.database().comparer(back).differences(List.of(RowKey.of("1"), RowKey.of("2"))))
                .containsExactly(new RowDifference(RowKey.of("2"), Kind.DIFFERS, List.of("n")));
    }

    @Test
    void thousandsOfThemInOneStatementAreSetAsideAndTakenBack() throws SQLException {
        bench.sql(fill(7, 5_000));
        MigrationPlan back = back();
        bench.sql("UPDATE t SET n = n + 3000000000");
        List<RowKey> keys = IntStream.rangeClosed(1, 5_000)
                .mapToObj(id -> RowKey.of(String.valueOf(id)))
                .toList();
        for (int at = 0; at < keys.size(); at += 1_000) {
            bench.database().reconciler(back).apply(bench.batch(0, keys.subList(at, at + 1_000), Set.of()));
        }
        assertThat(misfits(back).rows()).isEqualTo(5_000);
        bench.sql("UPDATE t SET n = n - 3000000000");
        for (int at = 0; at < keys.size(); at += 1_000) {
            bench.database().reconciler(back).apply(bench.batch(0, keys.subList(at, at + 1_000), Set.of()));
        }
        assertThat(misfits(back)).isEqualTo(Misfits.NONE);
        assertThat(bench.value("SELECT count(*) FROM " + MySqlNames.quote(back.shadow())
                        + " WHERE n = id AND legacy = 100 + id"))
                .isEqualTo("5000");
    }

    @Test
    void moreThanTheirBoundAreNotSetAside() throws SQLException {
        MigrationPlan back = back();
        bench.sql("INSERT INTO shoofly.misfits (migration_id, key_digest, row_key, column_name, detail) SELECT '"
                + back.id() + "', i, CONCAT('[\"', i + 100, '\"]'), 'n', '' FROM (WITH RECURSIVE s (i) AS (SELECT 1"
                + " UNION ALL SELECT i + 1 FROM s WHERE i < " + MisfitRows.MOST
                + ") SELECT i FROM s) AS numbers");
        bench.sql("UPDATE t SET n = 3000000000 WHERE id = 1");
        assertThatThrownBy(() -> reconcile(back, "1"))
                .hasMessageContaining("more than " + MisfitRows.MOST)
                .hasMessageContaining("key 1");
        assertThat(misfits(back).rows()).isEqualTo(MisfitRows.MOST);
    }

    /** Nothing else in this table would ever be put aside: no unique value can move. */
    @Test
    void whatTheNewTableHasNoColumnForIsKeptWithoutAnyOtherUniqueKey() throws SQLException {
        bench.sql(
                "CREATE TABLE k (id int PRIMARY KEY, n int, legacy int)",
                "INSERT INTO k VALUES (1, 1, 11), (2, 2, 12)");
        MigrationPlan back = back("k", "MODIFY n bigint, DROP COLUMN legacy");
        bench.sql("UPDATE k SET n = n + 3000000000");
        reconcile(back, "1", "2");
        bench.sql("UPDATE k SET n = 7 WHERE id = 1", "DELETE FROM k WHERE id = 2");
        reconcile(back, "1", "2");
        assertThat(bench.rows("SELECT * FROM " + MySqlNames.quote(back.shadow())))
                .containsExactly("1|7|11");
        assertThat(bench.rows("SELECT * FROM shoofly.kept_" + back.id())).isEmpty();
    }

    /** No row of the old table can be told by it. */
    @Test
    void aKeyThatDoesNotFitIsStillTheEnd() throws SQLException {
        bench.sql("CREATE TABLE k (id int PRIMARY KEY, n int)", "INSERT INTO k VALUES (1, 1)");
        MigrationPlan back = back("k", "MODIFY id bigint, MODIFY n bigint");
        bench.sql("INSERT INTO k VALUES (3000000001, 2)");
        assertThatThrownBy(() -> reconcile(back, "3000000001"))
                .isInstanceOf(ShooflyException.class)
                .hasMessageContaining("3000000001");
        assertThat(misfits(back)).isEqualTo(Misfits.NONE);
        bench.sql("DELETE FROM k WHERE id > 1", "UPDATE k SET n = 3000000002");
        reconcile(back, "1");
        assertThat(misfits(back).keys()).containsExactly(RowKey.of("1"));
    }

    @Test
    void aKeyThatIsSpelledOtherwiseIsOneRow() throws SQLException {
        bench.sql(
                "CREATE TABLE s (k varchar(9) PRIMARY KEY, n int) DEFAULT CHARSET utf8mb4",
                "INSERT INTO s VALUES ('a', 1)");
        MigrationPlan back = back("s", "MODIFY n bigint");
        bench.sql("UPDATE s SET n = 3000000000");
        reconcile(back, "a");
        assertThat(misfits(back).keys()).containsExactly(RowKey.of("a"));
        bench.sql("UPDATE s SET k = 'A'");
        reconcile(back, "a", "A");
        assertThat(misfits(back).keys()).containsExactly(RowKey.of("A"));
        bench.sql("UPDATE s SET n = 5");
        reconcile(back, "A");
        assertThat(misfits(back)).isEqualTo(Misfits.NONE);
        assertThat(bench.rows("SELECT * FROM " + MySqlNames.quote(back.shadow())))
                .containsExactly("A|5");
    }
}
