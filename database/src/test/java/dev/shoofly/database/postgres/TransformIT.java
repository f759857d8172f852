package dev.shoofly.database.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.database.control.Json;
import dev.shoofly.model.ColumnMapping;
import dev.shoofly.model.DuplicateRowsException;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.KeyRange;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.Transform;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Columns of the new table that are computed from the original row. */
class TransformIT {
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
                "DROP TABLE IF EXISTS people",
                "CREATE TABLE people (id bigint PRIMARY KEY, first_name text NOT NULL, last_name text, email text UNIQUE,"
                        + " status text NOT NULL DEFAULT 'new', n int NOT NULL DEFAULT 1, made timestamp,"
                        + " twice int GENERATED ALWAYS AS (n * 2) STORED, doc jsonb)",
                "INSERT INTO people (id, first_name, last_name, email, status, n) VALUES"
                        + " (1, 'Ada', 'Lovelace', 'Ada@X.org', 'new', 1), (2, 'Alan', NULL, NULL, 'old', 2),"
                        + " (3, 'Grace', 'Hopper', 'grace@x.org', 'new', 3)");
    }

    private static MigrationPlan migrated(MigrationPlan plan) {
        lab.copyAll(plan, 2);
        lab.run(
                "UPDATE people SET last_name = 'Turing', n = 20 WHERE id = 2",
                "INSERT INTO people (id, first_name, last_name, email, status) VALUES (4, 'Edsger', 'D', 'E@d', 'old')",
                "DELETE FROM people WHERE id = 3");
        assertThat(lab.database.comparer(plan).compare(KeyRange.ALL).equal()).isFalse();
        lab.reconcile(plan, RowKey.of("2"), RowKey.of("3"), RowKey.of("4"));
        assertThat(lab.database.comparer(plan).compare(KeyRange.ALL).equal()).isTrue();
        return plan;
    }

    private static List<String> shadow(MigrationPlan plan, String columns) {
        return lab.rows("SELECT " + columns + " FROM " + Lab.shadow(plan) + " ORDER BY id");
    }

    @Test
    void fillsAnAddedColumnThatIsNotNullWithoutDefault() {
        MigrationPlan plan = migrated(lab.prepareComputing(
                List.of("full_name=concat(first_name, ' ', last_name)"),
                "people",
                "ADD COLUMN full_name text NOT NULL, DROP COLUMN first_name, DROP COLUMN last_name"));
        assertThat(shadow(plan, "id, full_name"))
                .containsExactly("(1,\"Ada Lovelace\")", "(2,\"Alan Turing\")", "(4,\"Edsger D\")");
        assertThat(plan.projection().columns())
                .filteredOn(ColumnMapping::computed)
                .extracting(ColumnMapping::shadowColumn)
                .containsExactly("full_name");
        assertThat(Json.read(Json.write(plan), MigrationPlan.class)).isEqualTo(plan);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            quoteCharacter = '^',
            value = {
                "status=CASE status WHEN 'new' THEN 1 ELSE 2 END ~ ALTER status DROP DEFAULT, ALTER COLUMN status SET DATA TYPE int ~ status ~ (1)",
                "STATUS=CASE status WHEN 'new' THEN 1 ELSE 2 END ~ ALTER status DROP DEFAULT, ALTER status TYPE int, ADD x int ~ status ~ (1)",
                "status=length(status) ~ DROP COLUMN status, ADD COLUMN status smallint NOT NULL ~ status ~ (3)",
                "email=lower(email) ~ ADD y int ~ email ~ (ada@x.org)",
                "who=first_name || '; -- ?' || n ~ RENAME COLUMN first_name TO who ~ who ~ ^(\"Ada; -- ?1\")^",
                "\"Ö \"\"=\"=upper(people.first_name) ~ ADD \"Ö \"\"=\" varchar(9) ~ ^\"Ö \"\"=\"^ ~ (ADA)",
                "day=to_char(timestamp '2026-01-02', 'YYYY') ~ ADD \"day\" int; ~ day ~ refused",
                "total=twice + n ~ ADD total numeric(6,2) ~ total ~ (3.00)",
                "n=coalesce(nullif(n, 1), 10) ~ ADD x int ~ n, twice ~ (10,20)",
                "tags=ARRAY[first_name, last_name] ~ ADD tags text[] ~ tags ~ ^(\"{Ada,Lovelace}\")^",
                "zoned=made AT TIME ZONE 'Europe/Berlin' ~ ADD zoned timestamptz ~ zoned ~ ()",
                "born='now'::timestamp ~ ADD born timestamp ~ born IS NULL ~ (f)",
            })
    void valuesAreThoseOfTheExpression(String transform, String alter, String columns, String first) {
        if (first.equals("refused")) {
            assertThatThrownBy(() -> lab.prepareComputing(List.of(transform), "people", alter))
                    .hasMessageContaining("\"day\" is of type integer but expression is of type text");
            return;
        }
        MigrationPlan plan = migrated(lab.prepareComputing(List.of(transform), "people", alter));
        assertThat(shadow(plan, columns).get(0)).isEqualTo(first);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            quoteCharacter = '^',
            value = {
                "nobody=1 ~ ADD x int ~ nor do the ALTERs add it",
                "email=lower(no_such) ~ ADD x int ~ column \"no_such\" does not exist",
                "x=email ~ ADD x int ~ \"x\" is of type integer but expression is of type text",
                "email=lower(email) ~ DROP COLUMN email ~ the ALTERs drop it",
                "email=lower(email) ~ RENAME email TO mail ~ the ALTERs drop it or give it another name",
                "twice=n ~ ADD x int ~ it is a generated column",
                "x=n ~ ADD x int GENERATED BY DEFAULT AS IDENTITY ~ the server numbers it",
                "x=n ~ ADD x serial ~ the server numbers it",
                "id=id + 1 ~ ADD x int ~ column \"id\" is computed anew (--transform)",
                "x=random() ~ ADD x float ~ random() is VOLATILE",
                "x=nextval('s') ~ ADD x int ~ refuses the expression",
                "x=clock_timestamp() ~ ADD x timestamptz ~ clock_timestamp() is VOLATILE",
                "x=now() ~ ADD x timestamptz ~ now() is STABLE",
                "x=current_date ~ ADD x date ~ the time or the user of the moment",
                "x=current_user ~ ADD x name ~ the time or the user of the moment",
                "x=current_setting('work_mem') ~ ADD x text ~ is STABLE",
                "x=age(made) ~ ADD x interval ~ is STABLE",
                "x=(SELECT count(*) FROM people) ~ ADD x int ~ subquery",
                "x=count(*) ~ ADD x int ~ aggregate",
                "x=generate_series(1, n) ~ ADD x int ~ set-returning",
                "x=people ~ ADD x text ~ the row as a whole",
                "x=made ~ ADD x timestamptz ~ depends on the time zone",
                "x=made::timestamptz::text ~ ADD x text ~ depends on the time zone",
                "x=doc ? 'a' ~ ADD x bool ~ jsonb_exists",
                "x=1), (2 ~ ADD x int ~ more than one expression",
                "x=1, 2 ~ ADD x int ~ more than one expression",
                "x=1 -- y ~ ADD x int ~ a comment",
                "x=1 /* y */ + 1 ~ ADD x int ~ a comment",
                "x=1; DROP TABLE people ~ ADD x int ~ more than one expression",
                "x=1) IS NOT NULL), ADD CHECK ((1 ~ ADD x int ~ more than one expression",
                "x='1 ~ ADD x text ~ refuses the expression",
                "x=(1 ~ ADD x int ~ refuses the expression",
                "status=1 ~ ALTER status TYPE int USING 2 ~ leave one out",
            })
    void refusesWhatIsNoValueOfTheRow(String transform, String alter, String why) {
        List<String> before = lab.rows("SELECT * FROM people ORDER BY id");
        String tables = "SELECT oid, relname FROM pg_class WHERE relkind = 'r' ORDER BY oid";
        List<String> tablesBefore = lab.rows(tables);
        String column = transform.substring(0, transform.indexOf('='));
        assertThatThrownBy(() -> lab.prepareComputing(List.of(transform), "people", alter))
                .isInstanceOfSatisfying(
                        ShooflyException.class,
                        error -> assertThat(error.kind()).isEqualTo(ErrorKind.REFUSED))
                .hasMessageContaining(why)
                .hasMessageContaining(column)
                .hasMessageContaining("Nothing was changed");
        assertThat(lab.rows("SELECT * FROM people ORDER BY id")).isEqualTo(before);
        assertThat(lab.rows(tables)).isEqualTo(tablesBefore);
    }

    @Test
    void refusesAColumnThatIsGivenTwiceOrHasAnEmptyExpression() {
        assertThatThrownBy(() -> lab.prepareComputing(List.of("email=lower(email)", "EMAIL=upper(email)"), "people"))
                .hasMessageContaining("EMAIL")
                .hasMessageContaining("given twice");
        assertThatThrownBy(() -> lab.prepare(Lab.spec("people").computing(List.of(new Transform("email", " ")))))
                .hasMessageContaining("email")
                .hasMessageContaining("the expression is empty");
    }

    @Test
    void choosesAnotherSharedKeyWhenTheFirstIsComputed() {
        lab.run("CREATE UNIQUE INDEX by_name ON people (first_name)", "ALTER TABLE people REPLICA IDENTITY FULL");
        MigrationPlan plan = lab.prepareComputing(List.of("id=id * 10"), "people");
        assertThat(plan.key().columns().get(0).shadowName()).isEqualTo("first_name");
        lab.copyAll(plan, 2);
        assertThat(lab.database.comparer(plan).compare(KeyRange.ALL).equal()).isTrue();
        assertThat(shadow(plan, "id")).containsExactly("(10)", "(20)", "(30)");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"x=10 / (n - 3)", "x=last_name::int", "x=nullif(n, 3)", "x=repeat(email, 1000)::varchar::int"})
    void namesColumnAndKeyOfARowForWhichTheExpressionFails(String transform) {
        lab.run("UPDATE people SET last_name = '1', email = NULL WHERE id <> 3");
        lab.run("UPDATE people SET last_name = 'x', email = '1' WHERE id = 3");
        MigrationPlan plan = lab.prepareComputing(
                List.of(transform), "people", "ADD x int" + (transform.contains("nullif") ? " NOT NULL" : ""));
        assertThatThrownBy(() -> lab.copyAll(plan, 10))
                .hasMessageContaining("\"x\"")
                .hasMessageContaining("key 3")
                .hasMessageContaining("untouched");
        assertThatThrownBy(() -> lab.reconcile(plan, RowKey.of("1"), RowKey.of("3")))
                .hasMessageContaining("\"x\"")
                .hasMessageContaining("key 3");
    }

    @Test
    void uniqueValuesThatTheExpressionMakesEqualAreFoundAndNamed() {
        lab.run("UPDATE people SET email = 'ADA@x.org' WHERE id = 3");
        MigrationPlan plan = lab.prepareComputing(List.of("email=lower(email)"), "people");
        assertThat(lab.value("SELECT count(*) FROM pg_indexes WHERE tablename = '"
                        + plan.shadow().table() + "' AND indexdef LIKE 'CREATE UNIQUE%(email)'"))
                .as("not built after the copy, as one whose values the source keeps apart")
                .isEqualTo("1");
        assertThatThrownBy(() -> {
                    lab.copyAll(plan, 10);
                    lab.reconcile(plan, RowKey.of("1"), RowKey.of("3"));
                })
                .isInstanceOf(DuplicateRowsException.class)
                .hasMessageContaining("people_email_key")
                .hasMessageContaining("ada@x.org")
                .hasMessageContaining("1")
                .hasMessageContaining("3");
    }

    @Test
    void computedUniqueValuesMoveBetweenRows() {
        MigrationPlan plan = lab.prepareComputing(List.of("email=lower(email)"), "people");
        lab.copyAll(plan, 10);
        lab.run(
                "UPDATE people SET email = 'Z' WHERE id = 1",
                "UPDATE people SET email = 'ADA@x.org' WHERE id = 3",
                "UPDATE people SET email = 'GRACE@x.org' WHERE id = 1");
        lab.reconcile(plan, RowKey.of("3"));
        lab.reconcile(plan, RowKey.of("1"));
        lab.reconcile(plan, RowKey.of("3"));
        assertThat(lab.database.comparer(plan).compare(KeyRange.ALL).equal()).isTrue();
        assertThat(shadow(plan, "id, email")).containsExactly("(1,grace@x.org)", "(2,)", "(3,ada@x.org)");
    }

    @Test
    void anImmutableFunctionOfTheOperatorsIsTakenFromHisSearchPath() {
        lab.run("CREATE OR REPLACE FUNCTION initials(a text, b text) RETURNS text IMMUTABLE LANGUAGE sql AS"
                + " $$ SELECT left(a, 1) || coalesce(left(b, 1), '') $$");
        MigrationPlan plan =
                migrated(lab.prepareComputing(List.of("x=initials(first_name, last_name)"), "people", "ADD x text"));
        assertThat(shadow(plan, "x")).containsExactly("(AL)", "(AT)", "(ED)");
        assertThat(plan.projection().columns())
                .filteredOn(ColumnMapping::computed)
                .extracting(ColumnMapping::expression)
                .containsExactly("public.initials(first_name, last_name)");
    }
}
