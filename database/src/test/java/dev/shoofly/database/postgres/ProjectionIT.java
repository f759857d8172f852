package dev.shoofly.database.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.model.ColumnMapping;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.KeyRange;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every column of the new table must get its value from the right column of the old one. */
class ProjectionIT {
    private static Lab lab;

    @BeforeAll
    static void open() throws SQLException {
        lab = Lab.open();
    }

    @AfterAll
    static void close() throws SQLException {
        lab.close();
    }

    @BeforeEach
    void table() {
        lab.run(
                "DROP TABLE IF EXISTS t",
                "CREATE TABLE t (gone int, id int PRIMARY KEY, a text, b int, c timestamp)",
                "ALTER TABLE t DROP COLUMN gone",
                "INSERT INTO t VALUES (1, '10', 5, '2026-01-02 03:04:05'), (2, NULL, NULL, NULL), (3, '', 0, NULL)");
    }

    private static MigrationPlan migrated(String... alters) {
        MigrationPlan plan = lab.prepare("t", alters);
        lab.copyAll(plan, 2);
        lab.run("UPDATE t SET b = b + 1", "INSERT INTO t VALUES (4, '44', 4, now())", "DELETE FROM t WHERE id = 2");
        lab.reconcile(plan, RowKey.of("1"), RowKey.of("2"), RowKey.of("3"), RowKey.of("4"));
        assertThat(lab.database.comparer(plan).compare(KeyRange.ALL).equal()).isTrue();
        return plan;
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            quoteCharacter = '^',
            value = {
                "ADD COLUMN n int NOT NULL DEFAULT 7 ~ id, a, b, n ~ (1,10,6,7)",
                "DROP COLUMN a, ADD COLUMN a int DEFAULT 3 ~ id, a ~ (1,3)",
                "RENAME COLUMN a TO b2 ~ id, b2, b ~ (1,10,6)",
                "ALTER b TYPE bigint, ALTER COLUMN c TYPE date ~ id, b, c ~ (1,6,2026-01-02)",
                "ALTER COLUMN b SET DATA TYPE text USING ('<' || b || ', ' || coalesce(a, 'x,;y') || '>') ~ id, b ~ ^(1,\"<6, 10>\")^",
                "ALTER c TYPE timestamptz USING c AT TIME ZONE 'Europe/Berlin' ~ id, c ~ ^(1,\"2026-01-02 02:04:05+00\")^",
                "ALTER b TYPE int USING t.b * 2, ALTER a TYPE varchar(9) ~ id, a, b ~ (1,10,12)",
                "ADD g int GENERATED ALWAYS AS (b * 10) STORED ~ id, g ~ (1,60)",
                "ADD CONSTRAINT pos CHECK (b > 5) NOT VALID ~ id, b ~ (1,6)",
                "ALTER TABLE ONLY public.t ALTER b TYPE numeric(9,2); ~ id, b ~ (1,6.00)",
                "ADD s serial, ADD i int GENERATED ALWAYS AS IDENTITY ~ id, s > 0, i > 0 ~ (1,t,t)",
                "ALTER b TYPE text USING $x$a,b;'c$x$ /* , */ || b -- note ~ id, b ~ ^(1,\"a,b;'c6\")^",
            })
    void valuesArriveInTheirColumns(String alter, String columns, String first) {
        MigrationPlan plan = migrated(alter);
        assertThat(lab.rows("SELECT " + columns + " FROM " + Lab.shadow(plan) + " ORDER BY id")
                        .get(0))
                .isEqualTo(first);
    }

    @Test
    void renamesAndUsingExpressionsOfSeveralAltersBuildOnEachOther() {
        MigrationPlan plan = migrated(
                "RENAME a TO old_a",
                "RENAME b TO a",
                "ALTER a TYPE text USING (t.a + 1)::text || coalesce(old_a, '-')",
                "ALTER a TYPE int USING length(a), DROP old_a");
        assertThat(lab.rows("SELECT id, a FROM " + Lab.shadow(plan) + " ORDER BY id"))
                .containsExactly("(1,3)", "(3,1)", "(4,3)");
        assertThat(plan.projection().dropped()).containsExactly("a");
        assertThat(plan.projection().columns())
                .extracting(ColumnMapping::shadowColumn)
                .containsExactly("id", "a", "c");
    }

    @Test
    void namesMayHoldAnything() {
        String longest = "x".repeat(59) + "🚆";
        String table = PostgresNames.quote(longest);
        lab.run(
                "CREATE SCHEMA \"My \"\"Schema\"\"\"",
                "CREATE TABLE \"My \"\"Schema\"\"\"." + table
                        + " (\"order\" int, \"a\"\"b'c\" int, \"Sp ace;\" text, t text, s text,"
                        + " CONSTRAINT \"p k\" PRIMARY KEY (\"order\", \"a\"\"b'c\"), UNIQUE (\"Sp ace;\"))",
                "INSERT INTO \"My \"\"Schema\"\"\"." + table + " VALUES (1, 2, 'v', 't', 's'), (3, 4, 'w', 't', 's')");
        MigrationPlan plan = lab.prepare(
                "\"My \"\"Schema\"\"\"." + table,
                "ALTER \"Sp ace;\" TYPE varchar(10) USING \"Sp ace;\" || \"a\"\"b'c\"",
                "RENAME \"order\" TO \"Or'der\"",
                "CREATE INDEX \"i \"\"x\" ON " + table + " (\"Or'der\") WHERE \"Sp ace;\" <> ';'");
        lab.copyAll(plan, 1);
        lab.reconcile(plan, new RowKey(List.of("1", "2")), new RowKey(List.of("9", "9")));
        assertThat(lab.database.comparer(plan).compare(KeyRange.ALL).equal()).isTrue();
        assertThat(lab.value("SELECT \"Sp ace;\" FROM " + Lab.shadow(plan) + " WHERE \"Or'der\" = 3"))
                .isEqualTo("w4");
        assertThat(plan.shadow().table().getBytes(java.nio.charset.StandardCharsets.UTF_8))
                .hasSizeLessThanOrEqualTo(63);
        lab.database.preparation().dropShadow(plan.id(), plan.source());
        lab.database.preparation().dropShadow(plan.id(), plan.source());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "RENAME TO other",
                "SET SCHEMA pg_temp",
                "OWNER TO postgres",
                "INHERIT other",
                "ADD COLUMN x int; DROP TABLE t",
                "ENABLE ROW LEVEL SECURITY",
                "ALTER id ADD GENERATED ALWAYS AS IDENTITY, ALTER id RESTART WITH 7",
                "CREATE TABLE u (id int)",
                "CREATE INDEX ON other (id)",
                "ALTER TABLE other ADD COLUMN x int",
                "ADD COLUMN x int REFERENCES t (id)",
                "ADD COLUMN x int NOT NULL",
                "ALTER a TYPE int",
                "ALTER c TYPE timestamptz",
                "ADD z timestamptz, ALTER c TYPE timestamp with time zone, DROP z",
                "DROP COLUMN nowhere",
                "DROP COLUMN id",
                "ALTER id TYPE text",
                "ADD CONSTRAINT shoofly_taken UNIQUE (a)",
                "",
            })
    void whatCannotBeCarriedOutIsRefusedAndLeavesNothing(String alter) {
        lab.run("CREATE TABLE IF NOT EXISTS shoofly_taken (id int)");
        // Other tests leave their shadows.
        String shadows = "SELECT relname FROM pg_class WHERE relname LIKE '\\_t\\_%' ORDER BY relname";
        List<String> before = lab.rows(shadows);
        assertThatThrownBy(() -> lab.prepare("t", alter))
                .isInstanceOfSatisfying(
                        ShooflyException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.REFUSED))
                .hasMessageContaining("Nothing was changed");
        assertThat(lab.value("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'shoofly\\_%'"))
                .isEqualTo("0");
        assertThat(lab.rows(shadows)).isEqualTo(before);
    }
}
