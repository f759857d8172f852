package dev.shoofly.database.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.database.TableSwap.Direction;
import dev.shoofly.database.TableSwap.Drained;
import dev.shoofly.database.TableSwap.Outcome;
import dev.shoofly.model.CutoverSettings;
import dev.shoofly.model.KeyRange;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RollbackFeasibility;
import dev.shoofly.model.RollbackFeasibility.Verdict;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.Transform;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The old table after the swap: kept up to date from the new one, and swapped in again. */
class WayBackIT {
    private static Lab lab;

    @BeforeAll
    static void open() throws SQLException {
        lab = Lab.open();
    }

    @AfterAll
    static void close() throws SQLException {
        lab.close();
    }

    @AfterEach
    void clear() {
        lab.run("DROP SCHEMA public CASCADE", "CREATE SCHEMA public");
    }

    private static MigrationPlan swapped(String table, String... alters) {
        MigrationPlan plan = lab.prepare(table, alters);
        lab.copyAll(plan, 100);
        lab.run("UPDATE shoofly.migrations SET state = 'READY' WHERE id = '" + plan.id() + "'");
        swap(plan, Direction.FORWARD);
        return plan;
    }

    private static void swap(MigrationPlan plan, Direction direction, String... remainder) {
        List<RowKey> keys = List.of(remainder).stream().map(RowKey::of).toList();
        assertThat(lab.database
                        .swap(plan, direction)
                        .attempt(
                                CutoverSettings.DEFAULT.withMaxStall(Duration.ofMinutes(1)),
                                1,
                                (progress, timeout, most) -> Drained.of(keys)))
                .isInstanceOf(Outcome.Swapped.class);
    }

    private static MigrationPlan back(MigrationPlan plan, String... reverses) {
        return lab.database
                .wayBack(
                        plan,
                        List.of(reverses).stream()
                                .map(text -> Transform.parse(text).orElseThrow())
                                .toList())
                .open(1, Instant.EPOCH);
    }

    private static RollbackFeasibility feasibility(MigrationPlan plan) {
        return lab.database.wayBack(plan, List.of()).feasibility();
    }

    /** Row 1 is deleted only because row 2 took its value, and is written again by the owner of its key. */
    @Test
    void aRowThatMadeRoomForAUniqueValueKeepsWhatTheNewTableHasNoColumnFor() {
        lab.run(
                "CREATE TABLE t (id int PRIMARY KEY, u text UNIQUE, legacy int DEFAULT 0)",
                "INSERT INTO t SELECT i, 'v' || i, 100 + i FROM generate_series(1, 6) i");
        MigrationPlan plan = swapped("t", "DROP COLUMN legacy");
        MigrationPlan back = back(plan);
        // 1 and 2 exchange their values, 3 gives its one to 4 and dies, 5 is new under the value that 6 had.
        lab.run(
                "UPDATE t SET u = 'x' WHERE id = 1",
                "UPDATE t SET u = 'v1' WHERE id = 2",
                "UPDATE t SET u = 'v2' WHERE id = 1",
                "DELETE FROM t WHERE id = 3",
                "UPDATE t SET u = 'v3' WHERE id = 4",
                "UPDATE t SET u = 'y' WHERE id = 6",
                "INSERT INTO t VALUES (7, 'v6')");
        for (String id : List.of("2", "4", "7", "1", "3", "6")) {
            lab.reconcile(back, RowKey.of(id));
        }
        assertThat(lab.rows("SELECT id, u, legacy FROM " + PostgresNames.quote(plan.old()) + " ORDER BY id"))
                .containsExactly("(1,v2,101)", "(2,v1,102)", "(4,v3,104)", "(5,v5,105)", "(6,y,106)", "(7,v6,0)");
        assertThat(lab.value("SELECT count(*) FROM shoofly.kept_" + plan.id())).isEqualTo("0");
        lab.database.wayBack(plan, List.of()).close();
        assertThat(lab.value("SELECT to_regclass('shoofly.kept_" + plan.id() + "') IS NULL"))
                .isEqualTo("t");
    }

    @Test
    void theRemainderOfTheSwapBackKeepsItToo() {
        lab.run(
                "CREATE TABLE t (id int PRIMARY KEY, u text UNIQUE, legacy int)",
                "INSERT INTO t VALUES (1, 'a', 11), (2, 'b', 12)");
        MigrationPlan plan = swapped("t", "DROP COLUMN legacy");
        MigrationPlan back = back(plan);
        lab.run(
                "UPDATE t SET u = 'x' WHERE id = 1",
                "UPDATE t SET u = 'a' WHERE id = 2",
                "UPDATE t SET u = 'b' WHERE id = 1");
        swap(back, Direction.BACK, "2", "1");
        assertThat(lab.rows("SELECT * FROM t ORDER BY id")).containsExactly("(1,b,11)", "(2,a,12)");
    }

    @Test
    void renamedAndRetypedColumnsAndKeysFindTheirWayBack() {
        lab.run(
                "CREATE TABLE t (id int PRIMARY KEY, name varchar(40) NOT NULL, n int, CONSTRAINT positive CHECK (n > 0))",
                "INSERT INTO t VALUES (1, 'a', 1), (2, 'b', 2)");
        MigrationPlan plan = swapped(
                "t",
                "RENAME id TO \"the Id\"",
                "RENAME name TO label",
                "DROP CONSTRAINT positive",
                "ALTER \"the Id\" TYPE bigint, ALTER n TYPE text, ALTER label TYPE text");
        assertThat(feasibility(plan).verdict()).isEqualTo(Verdict.RISKY);
        assertThat(feasibility(plan).reasons().toString())
                .contains("column \"id\" of the old table is integer")
                .contains("column \"n\" of the old table is integer")
                .contains("column \"name\" of the old table is character varying(40)")
                .contains("check \"positive\"");
        MigrationPlan back = back(plan);
        lab.run(
                "UPDATE t SET n = '7' WHERE \"the Id\" = 1",
                "INSERT INTO t VALUES (3, 'c', '3')",
                "DELETE FROM t WHERE n = '2'");
        lab.reconcile(back, RowKey.of("1"), RowKey.of("2"), RowKey.of("3"));
        assertThat(lab.database.comparer(back).compare(KeyRange.ALL).equal()).isTrue();
        lab.run("UPDATE t SET n = '8' WHERE \"the Id\" = 1");
        swap(back, Direction.BACK, "1");
        assertThat(lab.rows("SELECT id, name, n FROM t ORDER BY id")).containsExactly("(1,a,8)", "(3,c,3)");
        assertThat(lab.value("SELECT relname FROM pg_class WHERE oid = 't_pkey'::regclass"))
                .isEqualTo("t_pkey");
        assertThat(lab.value("SELECT conrelid::regclass FROM pg_constraint WHERE conname = 't_pkey'"))
                .isEqualTo("t");
    }

    /** A text is not cut in silence on its way back. */
    @Test
    void aValueThatDoesNotFitIsSetAside() {
        lab.run("CREATE TABLE t (id int PRIMARY KEY, name varchar(3))", "INSERT INTO t VALUES (1, 'abc')");
        MigrationPlan back = back(swapped("t", "ALTER name TYPE text"));
        lab.run("UPDATE t SET name = 'abcd'");
        lab.reconcile(back, RowKey.of("1"));
        assertThat(lab.rows(
                        "SELECT row_key, column_name FROM shoofly.misfits WHERE migration_id = '" + back.id() + "'"))
                .containsExactly("(\"[\"\"1\"\"]\",name)");
        assertThat(lab.rows("SELECT name FROM " + PostgresNames.quote(back.shadow())))
                .isEmpty();
    }

    @Test
    void numbersGoOnWhereTheNewTableStopped() {
        lab.run(
                "CREATE TABLE s (id bigserial PRIMARY KEY, n int)",
                "CREATE TABLE i (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, n int)",
                "INSERT INTO s (n) VALUES (1), (2)",
                "INSERT INTO i (n) VALUES (1), (2)");
        for (String table : List.of("s", "i")) {
            String identity = lab.value("SELECT attidentity FROM pg_attribute WHERE attrelid = '" + table
                    + "'::regclass AND attname = 'id'");
            MigrationPlan back = back(swapped(table, "ADD COLUMN extra int"));
            lab.run("INSERT INTO " + table + " (n) VALUES (3), (4)");
            lab.reconcile(back, RowKey.of("3"), RowKey.of("4"));
            swap(back, Direction.BACK);
            lab.run("INSERT INTO " + table + " (n) VALUES (5)");
            assertThat(lab.rows("SELECT * FROM " + table + " ORDER BY id"))
                    .containsExactly("(1,1)", "(2,2)", "(3,3)", "(4,4)", "(5,5)");
            assertThat(lab.value("SELECT attidentity FROM pg_attribute WHERE attrelid = '" + table
                            + "'::regclass AND attname = 'id'"))
                    .isEqualTo(identity);
            lab.run("DROP TABLE " + PostgresNames.quote(back.old()));
            assertThat(lab.value("SELECT pg_get_serial_sequence('" + table + "', 'id')"))
                    .isEqualTo("public." + table + "_id_seq");
        }
    }

    @Test
    void anExpressionGivesWhatTheOldTableNeeds() {
        lab.run(
                "CREATE TABLE t (id int PRIMARY KEY, first text NOT NULL, last text NOT NULL)",
                "INSERT INTO t VALUES (1, 'Ada', 'L')");
        MigrationPlan plan = swapped("t", "ADD COLUMN name text NOT NULL DEFAULT 'No One', DROP first, DROP last");
        assertThat(feasibility(plan).verdict()).isEqualTo(Verdict.IMPOSSIBLE);
        assertThat(feasibility(plan).reasons().toString()).contains("--reverse first=");
        MigrationPlan back = back(plan, "first=split_part(name, ' ', 1)", "last=split_part(name, ' ', 2)");
        lab.run("INSERT INTO t VALUES (2, 'Grace H')");
        lab.reconcile(back, RowKey.of("2"));
        assertThat(lab.rows("SELECT * FROM " + PostgresNames.quote(plan.old()) + " ORDER BY id"))
                .containsExactly("(1,Ada,L)", "(2,Grace,H)");
    }

    @Test
    void anIdentityThatTheNewTableHasNoColumnForIsGivenBack() {
        lab.run(
                "CREATE TABLE t (id int PRIMARY KEY, u text UNIQUE, seq int GENERATED ALWAYS AS IDENTITY (START 100))",
                "INSERT INTO t (id, u) VALUES (1, 'a'), (2, 'b')");
        MigrationPlan plan = swapped("t", "DROP COLUMN seq");
        MigrationPlan back = back(plan);
        lab.run(
                "UPDATE t SET u = 'x' WHERE id = 1",
                "UPDATE t SET u = 'a' WHERE id = 2",
                "UPDATE t SET u = 'b' WHERE id = 1");
        lab.reconcile(back, RowKey.of("2"));
        lab.reconcile(back, RowKey.of("1"));
        swap(back, Direction.BACK);
        assertThat(lab.rows("SELECT id, u, seq FROM t ORDER BY id")).containsExactly("(1,b,100)", "(2,a,101)");
        assertThat(lab.value("SELECT attidentity FROM pg_attribute WHERE attrelid = 't'::regclass AND attname = 'seq'"))
                .isEqualTo("a");
    }

    @Test
    void aRightThatIsTakenAwayInTheWindowStaysAway() {
        lab.run(
                "CREATE TABLE t (id int PRIMARY KEY, secret text)",
                "DROP ROLE IF EXISTS back_reader",
                "CREATE ROLE back_reader",
                "GRANT SELECT (id, secret) ON t TO back_reader");
        try {
            MigrationPlan back = back(swapped("t", "ADD COLUMN extra int"));
            lab.run("REVOKE SELECT (secret) ON t FROM back_reader");
            swap(back, Direction.BACK);
            assertThat(lab.value("SELECT has_column_privilege('back_reader', 't', 'secret', 'SELECT')"))
                    .isEqualTo("f");
            assertThat(lab.value("SELECT has_column_privilege('back_reader', 't', 'id', 'SELECT')"))
                    .isEqualTo("t");
        } finally {
            lab.run("DROP OWNED BY back_reader", "DROP ROLE back_reader");
        }
    }

    /** Say, the process was killed after the swap, and is resumed an hour later. */
    @Test
    void whatWasMadeBetweenTheSwapAndTheOpeningIsNotLostInSilence() {
        lab.run("CREATE TABLE t (id int PRIMARY KEY, n int)", "INSERT INTO t VALUES (1, 1)");
        MigrationPlan plan = lab.prepare("t", "ADD COLUMN extra int");
        lab.copyAll(plan, 100);
        lab.run("UPDATE shoofly.migrations SET state = 'READY' WHERE id = '" + plan.id() + "'");
        lab.database.control().rollback().saveFeasibility(plan.id(), 1, RollbackFeasibility.SAFE);
        swap(plan, Direction.FORWARD);
        lab.run("ALTER TABLE t ADD COLUMN hotfix int");
        assertThatThrownBy(() -> back(plan))
                .hasMessageContaining("was changed right after the swap")
                .hasMessageContaining("hotfix");
        lab.run("ALTER TABLE t DROP COLUMN hotfix");
        assertThat(back(plan).source()).isEqualTo(plan.source());
    }

    @Test
    void anIndexThatIsDroppedFromTheOldTableDoesNotCostTheWayBack() {
        lab.run(
                "CREATE TABLE t (id int PRIMARY KEY, n int)",
                "CREATE INDEX by_n ON t (n)",
                "INSERT INTO t VALUES (1, 1)");
        MigrationPlan plan = swapped("t", "ADD COLUMN extra int");
        MigrationPlan back = back(plan);
        lab.run("DROP INDEX "
                + lab.value("SELECT indexrelid::regclass FROM pg_index WHERE indrelid = '"
                        + PostgresNames.quote(plan.old()) + "'::regclass AND NOT indisprimary"));
        swap(back, Direction.BACK);
        assertThat(lab.rows("SELECT * FROM t")).containsExactly("(1,1)");
    }

    /** It gives every index another number. */
    @Test
    void indexesThatAreBuiltAnewConcurrentlyHaveTheirNamesThereAndBackAndThereAgain() {
        lab.run(
                "CREATE TABLE t (id int PRIMARY KEY, u text UNIQUE, n int)",
                "CREATE INDEX by_n ON t (n)",
                "CREATE INDEX by_n_too ON t (n)",
                "CREATE TABLE p (id int PRIMARY KEY, n int) PARTITION BY HASH (id)",
                "CREATE TABLE p0 PARTITION OF p FOR VALUES WITH (MODULUS 2, REMAINDER 0)",
                "CREATE TABLE p1 PARTITION OF p FOR VALUES WITH (MODULUS 2, REMAINDER 1)",
                "CREATE INDEX of_p ON p (n)",
                "CREATE INDEX of_p1 ON p1 (n, id)",
                "INSERT INTO t SELECT i, i, i FROM generate_series(1, 9) i",
                "INSERT INTO p SELECT i, i FROM generate_series(1, 9) i");
        for (String table : List.of("t", "p")) {
            List<String> original = indexes(table);
            MigrationPlan plan = lab.prepare(table, "ADD COLUMN extra int");
            rebuild(table);
            lab.copyAll(plan, 100);
            lab.run("UPDATE shoofly.migrations SET state = 'READY' WHERE id = '" + plan.id() + "'");
            swap(plan, Direction.FORWARD);
            List<String> swapped = indexes(table);
            assertThat(swapped).as("as before").isEqualTo(original);
            MigrationPlan back = back(plan);
            rebuild(table);
            rebuild(PostgresNames.quote(plan.old()));
            swap(back, Direction.BACK);
            assertThat(indexes(table)).as("brought back").isEqualTo(original);
            rebuild(table);
            rebuild(PostgresNames.quote(back.old()));
            lab.database.wayBack(plan, List.of()).forwardAgain(back, 1, Instant.EPOCH);
            rebuild(table);
            rebuild(PostgresNames.quote(back.old()));
            lab.run("UPDATE shoofly.migrations SET state = 'READY' WHERE id = '" + plan.id() + "'");
            MigrationPlan next = Objects.requireNonNull(lab.database
                    .control()
                    .migrations()
                    .find(plan.id())
                    .orElseThrow()
                    .plan());
            swap(next, Direction.FORWARD);
            assertThat(indexes(table)).as("forward again").isEqualTo(swapped);
            rebuild(PostgresNames.quote(next.old()));
            swap(back(next), Direction.BACK);
            assertThat(indexes(table)).as("back again").isEqualTo(original);
        }
    }

    private static void rebuild(String table) {
        // Out of their order.
        lab.rows("SELECT format('%I.%I', n.nspname, c.relname) FROM pg_partition_tree('" + table + "') part"
                        + " JOIN pg_index i ON i.indrelid = part.relid JOIN pg_class c ON c.oid = i.indexrelid"
                        + " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'i' ORDER BY c.oid DESC")
                .forEach(index -> lab.run("REINDEX INDEX CONCURRENTLY " + index.substring(1, index.length() - 1)));
    }

    /** With what tells which is which. */
    private static List<String> indexes(String table) {
        return lab.rows("SELECT part.relid::regclass, pg_get_indexdef(i.indexrelid), k.conname,"
                + " (SELECT inhparent::regclass FROM pg_inherits WHERE inhrelid = i.indexrelid)"
                + " FROM pg_partition_tree('" + table + "') part JOIN pg_index i ON i.indrelid = part.relid"
                + " LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.conrelid = i.indrelid ORDER BY 2");
    }

    /** What is written there after the swap would be lost. */
    @Test
    void aColumnThatIsComputedAnewNeedsAnExpression() {
        lab.run("CREATE TABLE t (id int PRIMARY KEY, n int, m int)", "INSERT INTO t VALUES (1, 1, 1)");
        MigrationPlan plan = swapped("t", "ALTER n TYPE text USING (n::text), ALTER m TYPE int USING m * 100");
        assertThat(feasibility(plan).reasons().toString()).contains("--reverse m=");
        MigrationPlan back = back(plan, "m=m / 100");
        lab.run("UPDATE t SET n = '9', m = 700");
        lab.reconcile(back, RowKey.of("1"));
        assertThat(lab.rows("SELECT * FROM " + PostgresNames.quote(plan.old()))).containsExactly("(1,9,7)");
    }

    @Test
    void theOldTableRefusesOthersUntilItIsBack() {
        lab.run("CREATE TABLE t (id int PRIMARY KEY, n int)", "INSERT INTO t VALUES (1, 1)");
        MigrationPlan plan = swapped("t", "ADD COLUMN extra int");
        MigrationPlan back = back(plan);
        assertThatThrownBy(() -> lab.run("UPDATE " + PostgresNames.quote(plan.old()) + " SET n = 2"))
                .hasMessageContaining("was replaced by a schema change");
        swap(back, Direction.BACK);
        lab.run("UPDATE t SET n = 3");
        assertThatThrownBy(() -> lab.run("UPDATE " + PostgresNames.quote(back.old()) + " SET n = 2"))
                .hasMessageContaining("was replaced by a schema change");
    }

    @Test
    void saysWhyThereIsNoWayBack() {
        lab.run(
                "CREATE TABLE t (id int PRIMARY KEY DEFERRABLE, n int)",
                "ALTER TABLE t REPLICA IDENTITY FULL",
                "CREATE TABLE u (id int PRIMARY KEY, tenant int NOT NULL DEFAULT 0, email text, UNIQUE (tenant, email))",
                "CREATE TABLE k (id int PRIMARY KEY, n int)",
                "CREATE TABLE r (id int PRIMARY KEY)",
                "CREATE RULE nothing AS ON DELETE TO r WHERE false DO INSTEAD NOTHING");
        assertThat(feasibility(swapped("t", "ADD COLUMN extra int")).reasons().toString())
                .contains("no unique key of the new table serves on the way back");
        assertThat(feasibility(swapped("u", "DROP COLUMN tenant")).reasons().toString())
                .contains("\"u_tenant_email_key\" of the old table keeps rows apart by a column");
        assertThat(feasibility(swapped("k", "RENAME id TO key", "ADD COLUMN id int"))
                        .reasons()
                        .toString())
                .contains("gets another name, and another column its name");
        assertThat(feasibility(swapped("r", "ADD COLUMN extra int")).reasons().toString())
                .contains("the old table has rules");
    }
}
