package dev.shoofly.database.postgres;

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
    private Lab lab;

    @BeforeEach
    void open() throws SQLException {
        lab = Lab.open(point -> {
            if (dying && point.equals("reconcile.before-commit")) {
                throw new IllegalStateException("died at " + point);
            }
        });
        lab.run(
                "CREATE TABLE t (id int PRIMARY KEY, u varchar(9) UNIQUE, n int NOT NULL, legacy int DEFAULT 0,"
                        + " CONSTRAINT small CHECK (n < 1000000))",
                "INSERT INTO t SELECT i, 'v' || i, i, 100 + i FROM generate_series(1, 6) i");
    }

    @AfterEach
    void close() throws SQLException {
        lab.close();
    }

    private MigrationPlan back() {
        MigrationPlan plan = lab.prepare(
                "t",
                "DROP CONSTRAINT small",
                "ALTER u TYPE text, ALTER n TYPE bigint, ALTER n DROP NOT NULL",
                "DROP COLUMN legacy");
        lab.copyAll(plan, 100);
        lab.run("UPDATE shoofly.migrations SET state = 'READY' WHERE id = '" + plan.id() + "'");
        assertThat(swap(plan, Direction.FORWARD)).isInstanceOf(Outcome.Swapped.class);
        return lab.database.wayBack(plan, List.<Transform>of()).open(1, Instant.EPOCH);
    }

    private Outcome swap(MigrationPlan plan, Direction direction, String... remainder) {
        List<RowKey> keys = Stream.of(remainder).map(RowKey::of).toList();
        return lab.database
                .swap(plan, direction)
                .attempt(
                        CutoverSettings.DEFAULT.withMaxStall(Duration.ofMinutes(1)),
                        1,
                        (progress, timeout, most) -> Drained.of(keys));
    }

    private Misfits misfits(MigrationPlan back) {
        return lab.database.control().misfits().summary(back.id());
    }

    private void reconcile(MigrationPlan back, String... ids) {
        lab.reconcile(back, Stream.of(ids).map(RowKey::of).toList());
    }

    private List<String> old(MigrationPlan back) {
        return lab.rows("SELECT id, u, n, legacy FROM " + PostgresNames.quote(back.shadow()) + " ORDER BY id");
    }

    @Test
    void rowsThatDoNotFitLeaveTheRestOfTheirBatchAloneAndLoseNothingWhenTheyAreRepaired() {
        MigrationPlan back = back();
        lab.run(
                "UPDATE t SET n = 3000000000 WHERE id = 1",
                "UPDATE t SET u = 'longer than nine' WHERE id = 2",
                "UPDATE t SET n = NULL WHERE id = 3",
                "UPDATE t SET n = 1000001 WHERE id = 4",
                "UPDATE t SET n = 55 WHERE id = 5",
                "DELETE FROM t WHERE id = 6",
                "INSERT INTO t VALUES (7, 'v7', 7), (8, 'v8', 4000000000)");
        lab.apply(lab.database.reconciler(back), back, "1", "2", "3", "4", "5", "6", "7", "8");
        assertThat(old(back)).containsExactly("(5,v5,55,105)", "(7,v7,7,0)");
        assertThat(misfits(back).rows()).isEqualTo(5);
        assertThat(misfits(back).columns())
                .containsOnly(Map.entry("n", 3L), Map.entry("u", 1L), Map.entry("constraint small", 1L));
        assertThat(lab.rows("SELECT detail FROM shoofly.misfits").toString())
                .as("no values")
                .contains("integer out of range")
                .doesNotContain("3000000000", "longer than nine");
        assertThat(lab.database.comparer(back).compare(KeyRange.ALL).equal()).isTrue();

        assertThat(swap(back, Direction.BACK)).isInstanceOf(Outcome.DoesNotFit.class);
        assertThat(lab.value("SELECT to_regclass('" + PostgresNames.quote(back.shadow()) + "') IS NOT NULL"))
                .as("nothing was renamed")
                .isEqualTo("t");

        lab.run("UPDATE t SET n = id, u = 'v' || id", "DELETE FROM t WHERE id = 8");
        reconcile(back, "1", "2", "3", "4", "5", "7", "8");
        assertThat(misfits(back)).isEqualTo(Misfits.NONE);
        assertThat(swap(back, Direction.BACK)).isInstanceOf(Outcome.Swapped.class);
        assertThat(lab.rows("SELECT * FROM t ORDER BY id"))
                .containsExactly(
                        "(1,v1,1,101)", "(2,v2,2,102)", "(3,v3,3,103)", "(4,v4,4,104)", "(5,v5,5,105)", "(7,v7,7,0)");
    }

    @Test
    void aRowThatDoesNotFitInTheRemainderKeepsTheTablesAsTheyAre() {
        MigrationPlan back = back();
        lab.run("UPDATE t SET n = 3000000000 WHERE id = 1", "UPDATE t SET n = 22 WHERE id = 2");
        Outcome outcome = swap(back, Direction.BACK, "1", "2");
        assertThat(outcome).isInstanceOf(Outcome.DoesNotFit.class);
        assertThat(((Outcome.DoesNotFit) outcome).reason()).doesNotContain("3000000000");
        assertThat(misfits(back)).as("the appliers do that").isEqualTo(Misfits.NONE);
        assertThat(old(back)).as("rolled back with the attempt").contains("(1,v1,1,101)", "(2,v2,2,102)");
        reconcile(back, "1", "2");
        assertThat(misfits(back).keys()).containsExactly(RowKey.of("1"));
        lab.run("UPDATE t SET n = 11 WHERE id = 1");
        assertThat(swap(back, Direction.BACK, "1"))
                .as("what is known is not tried under locks")
                .isInstanceOf(Outcome.DoesNotFit.class);
        reconcile(back, "1");
        assertThat(swap(back, Direction.BACK)).isInstanceOf(Outcome.Swapped.class);
        assertThat(lab.rows("SELECT * FROM t WHERE id < 3 ORDER BY id"))
                .containsExactly("(1,v1,11,101)", "(2,v2,22,102)");
    }

    @Test
    void aProcessThatDiesBeforeTheCommitLeavesNoEntryAndTheNextOneLeavesOne() {
        MigrationPlan back = back();
        lab.run("UPDATE t SET n = 3000000000 WHERE id = 1");
        dying = true;
        assertThatThrownBy(() -> reconcile(back, "1")).hasMessageContaining("died");
        assertThat(misfits(back)).isEqualTo(Misfits.NONE);
        assertThat(old(back)).contains("(1,v1,1,101)");
        dying = false;
        reconcile(back, "1");
        reconcile(back, "1");
        assertThat(misfits(back).rows()).isEqualTo(1);
        lab.run("UPDATE t SET n = 11 WHERE id = 1");
        dying = true;
        assertThatThrownBy(() -> reconcile(back, "1")).hasMessageContaining("died");
        assertThat(misfits(back).rows()).isEqualTo(1);
        dying = false;
        reconcile(back, "1");
        assertThat(misfits(back)).isEqualTo(Misfits.NONE);
        assertThat(old(back)).contains("(1,v1,11,101)");
    }

    /** What stands in its way does not fit itself, and its owner has not come to it yet. */
    @Test
    void aValueThatARowThatDoesNotFitHeldIsFreeForOthers() {
        MigrationPlan back = back();
        lab.run(
                "UPDATE t SET u = 'longer than nine', n = 3000000000 WHERE id = 1",
                "UPDATE t SET u = 'v1' WHERE id = 2",
                "UPDATE t SET n = 3000000000, u = 'x' WHERE id = 3",
                "UPDATE t SET u = 'v3', n = 3000000000 WHERE id = 4",
                "INSERT INTO t VALUES (7, 'v4', 7)");
        reconcile(back, "2");
        lab.apply(lab.database.reconciler(back), back, "7", "4", "3");
        reconcile(back, "1");
        assertThat(old(back)).containsExactly("(2,v1,2,102)", "(5,v5,5,105)", "(6,v6,6,106)", "(7,v4,7,0)");
        assertThat(misfits(back).rows()).isEqualTo(3);
        lab.run("UPDATE t SET n = id, u = 'w' || id WHERE id IN (1, 3, 4)");
        reconcile(back, "1", "3", "4");
        assertThat(misfits(back)).isEqualTo(Misfits.NONE);
        assertThat(old(back)).contains("(1,w1,1,101)", "(3,w3,3,103)", "(4,w4,4,104)");
    }

    /** What does not fit is the unique value itself, and the neighbour in a large batch takes the one it had. */
    @Test
    void aMisfitInAUniqueColumnMakesRoomForItsNeighbourHoweverLargeTheBatch() {
        lab.run(
                "CREATE TABLE c (id int PRIMARY KEY, code int UNIQUE)",
                "INSERT INTO c SELECT i, i FROM generate_series(1, 600) i");
        MigrationPlan plan = lab.prepare("c", "ALTER code TYPE bigint");
        lab.copyAll(plan, 1_000);
        lab.run("UPDATE shoofly.migrations SET state = 'READY' WHERE id = '" + plan.id() + "'");
        assertThat(swap(plan, Direction.FORWARD)).isInstanceOf(Outcome.Swapped.class);
        MigrationPlan back = lab.database.wayBack(plan, List.of()).open(1, Instant.EPOCH);
        lab.run("UPDATE c SET code = 3000000000 WHERE id = 1", "UPDATE c SET code = 1 WHERE id = 2");
        List<RowKey> keys = IntStream.rangeClosed(1, 600)
                .mapToObj(id -> RowKey.of(String.valueOf(id)))
                .toList();
        lab.database.reconciler(back).apply(lab.batch(back, 0, keys, Set.of()));
        assertThat(misfits(back).keys()).containsExactly(RowKey.of("1"));
        assertThat(lab.rows("SELECT * FROM " + PostgresNames.quote(back.shadow()) + " WHERE id < 4 ORDER BY id"))
                .containsExactly("(2,1)", "(3,3)");
        lab.run("UPDATE c SET code = 1000 WHERE id = 1");
        lab.database.reconciler(back).apply(lab.batch(back, 0, List.of(RowKey.of("1")), Set.of()));
        assertThat(misfits(back)).isEqualTo(Misfits.NONE);
        assertThat(lab.value("SELECT count(*) FROM " + PostgresNames.quote(back.shadow())))
                .isEqualTo("600");
    }

    @Test
    void theComparisonKnowsThemAndStillFindsWhatDiffers() {
        MigrationPlan back = back();
        lab.run("UPDATE t SET n = 3000000000 WHERE id IN (1, 3)");
        assertThat(lab.database.comparer(back).differingKeys(KeyRange.ALL, 1_000))
                .as("on their way")
                .containsExactlyInAnyOrder(RowKey.of("1"), RowKey.of("3"));
        assertThat(lab.database.comparer(back).compare(KeyRange.ALL).equal()).isFalse();
        reconcile(back, "1", "3");
        assertThat(lab.database.comparer(back).differingKeys(KeyRange.ALL, 1_000))
                .isEmpty();
        lab.run(
                "SET shoofly.writer = 'on'",
                "UPDATE " + PostgresNames.quote(back.shadow()) + " SET n = 77 WHERE id = 2");
        assertThat(lab.database.comparer(back).compare(KeyRange.ALL).equal()).isFalse();
        assertThat(lab.database.comparer(back).differingKeys(KeyRange.ALL, 1_000))
                .containsExactly(RowKey.of("2"));
        assertThat(lab.database.comparer(back).differences(List.of(RowKey.of("1"), RowKey.of("2"))))
                .containsExactly(new RowDifference(RowKey.of("2"), Kind.DIFFERS, List.of("n")));
    }

    @Test
    void thousandsOfThemInOneStatementAreSetAsideAndTakenBack() {
        lab.run("INSERT INTO t SELECT i, 'v' || i, i, 100 + i FROM generate_series(7, 5000) i");
        MigrationPlan back = back();
        lab.run("UPDATE t SET n = n + 3000000000");
        List<RowKey> keys = IntStream.rangeClosed(1, 5_000)
                .mapToObj(id -> RowKey.of(String.valueOf(id)))
                .toList();
        for (int at = 0; at < keys.size(); at += 1_000) {
            lab.database.reconciler(back).apply(lab.batch(back, 0, keys.subList(at, at + 1_000), Set.of()));
        }
        assertThat(misfits(back).rows()).isEqualTo(5_000);
        lab.run("UPDATE t SET n = n - 3000000000");
        for (int at = 0; at < keys.size(); at += 1_000) {
            lab.database.reconciler(back).apply(lab.batch(back, 0, keys.subList(at, at + 1_000), Set.of()));
        }
        assertThat(misfits(back)).isEqualTo(Misfits.NONE);
        assertThat(lab.value("SELECT count(*) FROM " + PostgresNames.quote(back.shadow())
                        + " WHERE n = id AND legacy = 100 + id"))
                .isEqualTo("5000");
    }

    @Test
    void moreThanTheirBoundAreNotSetAside() {
        MigrationPlan back = back();
        lab.run("INSERT INTO shoofly.misfits (migration_id, key_digest, row_key, column_name, detail) SELECT '"
                + back.id() + "', i, '[\"' || (i + 100) || '\"]', 'n', '' FROM generate_series(1, " + MisfitRows.MOST
                + ") i");
        lab.run("UPDATE t SET n = 3000000000 WHERE id = 1");
        assertThatThrownBy(() -> reconcile(back, "1"))
                .hasMessageContaining("more than " + MisfitRows.MOST)
                .hasMessageContaining("key 1");
        assertThat(misfits(back).rows()).isEqualTo(MisfitRows.MOST);
    }

    /** Nothing else in this table would ever be put aside: no unique value can move. */
    @Test
    void whatTheNewTableHasNoColumnForIsKeptWithoutAnyOtherUniqueKey() {
        lab.run(
                "CREATE TABLE k (id int PRIMARY KEY, n int, legacy int)",
                "INSERT INTO k VALUES (1, 1, 11), (2, 2, 12)");
        MigrationPlan plan = lab.prepare("k", "ALTER n TYPE bigint, DROP COLUMN legacy");
        lab.copyAll(plan, 100);
        lab.run("UPDATE shoofly.migrations SET state = 'READY' WHERE id = '" + plan.id() + "'");
        assertThat(swap(plan, Direction.FORWARD)).isInstanceOf(Outcome.Swapped.class);
        MigrationPlan back = lab.database.wayBack(plan, List.of()).open(1, Instant.EPOCH);
        lab.run("UPDATE k SET n = n + 3000000000");
        reconcile(back, "1", "2");
        lab.run("UPDATE k SET n = 7 WHERE id = 1", "DELETE FROM k WHERE id = 2");
        reconcile(back, "1", "2");
        assertThat(lab.rows("SELECT * FROM " + PostgresNames.quote(back.shadow())))
                .containsExactly("(1,7,11)");
        assertThat(lab.value("SELECT count(*) FROM shoofly.kept_" + back.id())).isEqualTo("0");
    }

    /** No row of the old table can be told by it. */
    @Test
    void aKeyThatDoesNotFitIsStillTheEnd() {
        lab.run("CREATE TABLE k (id int PRIMARY KEY, n int)", "INSERT INTO k VALUES (1, 1)");
        MigrationPlan plan = lab.prepare("k", "ALTER id TYPE bigint, ALTER n TYPE bigint");
        lab.copyAll(plan, 100);
        lab.run("UPDATE shoofly.migrations SET state = 'READY' WHERE id = '" + plan.id() + "'");
        assertThat(swap(plan, Direction.FORWARD)).isInstanceOf(Outcome.Swapped.class);
        MigrationPlan back = lab.database.wayBack(plan, List.of()).open(1, Instant.EPOCH);
        lab.run("INSERT INTO k VALUES (3000000001, 3000000002)");
        assertThatThrownBy(() -> reconcile(back, "3000000001"))
                .isInstanceOf(ShooflyException.class)
                .hasMessageContaining("3000000001");
        assertThat(misfits(back)).isEqualTo(Misfits.NONE);
        lab.run("DELETE FROM k WHERE id > 1", "UPDATE k SET n = 3000000002");
        reconcile(back, "1");
        assertThat(misfits(back).keys()).containsExactly(RowKey.of("1"));
    }
}
