package dev.shoofly.database.mysql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.database.Comparer.Kind;
import dev.shoofly.database.Comparer.RowDifference;
import dev.shoofly.database.control.Json;
import dev.shoofly.model.ColumnMapping;
import dev.shoofly.model.CutoverSettings;
import dev.shoofly.model.DuplicateRowsException;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.MigrationSpec;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.StrategyChoice;
import dev.shoofly.model.Transform;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Columns of the new table that are computed from the original row. */
class TransformIT {
    private static Bench bench;

    @BeforeAll
    static void open() throws SQLException {
        bench = Bench.open();
    }

    @AfterAll
    static void close() throws SQLException {
        bench.close();
    }

    @BeforeEach
    void table() throws SQLException {
        bench.sql(
                "UPDATE shoofly.migrations SET active_table = NULL",
                "DROP TABLE IF EXISTS people",
                "CREATE TABLE people (id BIGINT PRIMARY KEY AUTO_INCREMENT, first_name VARCHAR(20) NOT NULL,"
                        + " last_name VARCHAR(20), email VARCHAR(50) COLLATE utf8mb4_bin UNIQUE,"
                        + " status VARCHAR(5) NOT NULL DEFAULT 'new', n INT NOT NULL DEFAULT 1, made DATETIME NULL,"
                        + " seen TIMESTAMP NULL, twice INT AS (n * 2) VIRTUAL)",
                "INSERT INTO people (id, first_name, last_name, email, status, n) VALUES"
                        + " (1, 'Ada', 'Lovelace', 'Ada@X.org', 'new', 1), (2, 'Alan', NULL, NULL, 'old', 2),"
                        + " (3, 'Grace', 'Hopper', 'grace@x.org', 'new', 3)");
    }

    private static MigrationPlan migrated(MigrationPlan plan) throws SQLException {
        bench.copy(plan, 2);
        bench.sql(
                "UPDATE people SET last_name = 'Turing', n = 20 WHERE id = 2",
                "INSERT INTO people (id, first_name, last_name, email, status) VALUES (4, 'Edsger', 'D', 'E@d', 'old')",
                "DELETE FROM people WHERE id = 3");
        assertThat(bench.isEqual(plan)).isFalse();
        bench.reconcile(plan, RowKey.of("2"), RowKey.of("3"), RowKey.of("4"));
        assertThat(bench.isEqual(plan)).isTrue();
        return plan;
    }

    private static List<String> shadow(MigrationPlan plan, String columns) throws SQLException {
        return bench.rows("SELECT " + columns + " FROM " + MySqlNames.quote(plan.shadow()) + " ORDER BY id");
    }

    @Test
    void fillsAnAddedColumnThatIsNotNullWithoutDefault() throws Exception {
        MigrationPlan plan = migrated(bench.prepareComputing(
                List.of("full_name=concat_ws(' ', first_name, last_name)"),
                "people",
                "ADD COLUMN full_name VARCHAR(50) NOT NULL, DROP COLUMN first_name, DROP COLUMN last_name"));
        assertThat(shadow(plan, "id, full_name")).containsExactly("1|Ada Lovelace", "2|Alan Turing", "4|Edsger D");
        assertThat(plan.projection().columns())
                .filteredOn(ColumnMapping::computed)
                .extracting(ColumnMapping::shadowColumn)
                .containsExactly("full_name");
        assertThat(Json.read(Json.write(plan), MigrationPlan.class)).isEqualTo(plan);
        bench.sql("UPDATE people SET last_name = 'King' WHERE id = 1");
        assertThat(bench.database().comparer(plan).differences(List.of(RowKey.of("1"), RowKey.of("2"))))
                .containsExactly(new RowDifference(RowKey.of("1"), Kind.DIFFERS, List.of("full_name")));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            quoteCharacter = '^',
            value = {
                "status=CASE status WHEN 'new' THEN 1 ELSE 2 END ~ MODIFY status INT ~ status ~ 1",
                "STATUS=CHAR_LENGTH(status) ~ DROP COLUMN status, ADD COLUMN status SMALLINT NOT NULL ~ status ~ 3",
                "email=LOWER(email) ~ ADD y INT ~ email ~ ada@x.org",
                "who=CONCAT(first_name, '; -- ?\\'', \"# /*\", n) ~ CHANGE first_name who VARCHAR(50) ~ who ~ ^Ada; -- ?'# /*1^",
                "`Ö ``=`=upper(first_name) ~ ADD `Ö ``=` VARCHAR(9) ~ ^`Ö ``=`^ ~ ADA",
                "slug=concat(id, '-', first_name) ~ ADD slug VARCHAR(90) NOT NULL UNIQUE ~ slug ~ 1-Ada",
                "was=DEFAULT(status) ~ ADD was TEXT ~ was ~ new",
                "total=twice - -n--n ~ ADD total DECIMAL(6,2) ~ total ~ 4.00",
                "n=coalesce(nullif(n, 1), 10) ~ MODIFY n BIGINT ~ n, twice ~ 10|20",
                "doc=JSON_OBJECT('f', first_name) ~ ADD doc JSON ~ doc ~ ^{\"f\": \"Ada\"}^",
                "seen=CONVERT_TZ(made, 'Europe/Berlin', '+00:00') ~ ADD y INT ~ seen ~ null",
                "seen2=COALESCE(seen, seen) ~ ADD seen2 TIMESTAMP NULL ~ seen2 ~ null",
                "made=DATE_ADD(made, INTERVAL 1 DAY) ~ ADD y INT ~ made ~ null",
                "first_name=CONVERT(first_name USING latin1) ~ MODIFY first_name VARCHAR(20) CHARACTER SET latin1 ~ first_name ~ Ada",
            })
    void valuesAreThoseOfTheExpression(String transform, String alter, String columns, String first) throws Exception {
        MigrationPlan plan = migrated(bench.prepareComputing(List.of(transform), "people", alter));
        assertThat(shadow(plan, columns).get(0)).isEqualTo(first);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            quoteCharacter = '^',
            value = {
                "nobody=1 ~ ADD x INT ~ nor do the ALTERs add it",
                "email=LOWER(no_such) ~ ADD x INT ~ Unknown column 'no_such'",
                "email=LOWER(email) ~ DROP COLUMN email ~ the ALTERs drop it",
                "email=LOWER(email) ~ RENAME COLUMN email TO mail ~ the ALTERs drop it or give it another name",
                "twice=n ~ ADD x INT ~ it is a generated column",
                "id=id + 1 ~ ADD x INT ~ the server numbers it",
                "id=id + 1 ~ MODIFY id BIGINT ~ its value is computed anew (--transform)",
                "x=RAND() ~ ADD x FLOAT ~ disallowed function: rand",
                "x=UUID() ~ ADD x TEXT ~ disallowed function: uuid",
                "x=NOW() ~ ADD x DATETIME ~ disallowed function: now",
                "x=CURRENT_DATE ~ ADD x DATE ~ disallowed function",
                "x=CURRENT_USER ~ ADD x TEXT ~ disallowed function",
                "x=CONNECTION_ID() ~ ADD x INT ~ disallowed function",
                "x=@a ~ ADD x INT ~ user or system variables",
                "x=@@port ~ ADD x INT ~ user or system variables",
                "x=(SELECT COUNT(*) FROM people) ~ ADD x INT ~ disallowed function",
                "x=COUNT(*) ~ ADD x INT ~ group function",
                "x=ROW_NUMBER() OVER (ORDER BY n) ~ ADD x INT ~ window function",
                "x=VALUES(n) ~ ADD x INT ~ refuses the expression",
                "x=IF(n > 1, SYSDATE(), NULL) ~ ADD x DATETIME ~ disallowed function",
                "x=UNIX_TIMESTAMP() ~ ADD x INT ~ disallowed function",
                "x=LAST_INSERT_ID() ~ ADD x INT ~ disallowed function",
                "x=TO_BASE64(RANDOM_bytes (4)) ~ ADD x TEXT ~ another value each time",
                "x=CONCAT(DATABASE(), VERSION()) ~ ADD x TEXT ~ disallowed function",
                "x=? ~ ADD x INT ~ error in your SQL syntax",
                "x=MAKETIME(n, 1, 1) ~ ADD x DATETIME ~ the date of the day",
                "x=SLEEP(1) ~ ADD x INT ~ disallowed function",
                "x=made ~ ADD x TIMESTAMP NULL ~ depends on the time zone",
                "x=seen ~ ADD x DATETIME ~ depends on the time zone",
                "x=1), (2 ~ ADD x INT ~ more than one expression",
                "x=1, 2 ~ ADD x INT ~ more than one expression",
                "x=(1, 2) ~ ADD x INT ~ Operand should contain 1 column",
                "x=1 -- y ~ ADD x INT ~ a comment",
                "x=1 # y ~ ADD x INT ~ a comment",
                "x=1 /*! + 1 */ ~ ADD x INT ~ a comment",
                "x=1; DROP TABLE people ~ ADD x INT ~ more than one expression",
                "x=1) IS NULL) VIRTUAL, DROP COLUMN n, ADD COLUMN y INT AS ((1 ~ ADD x INT ~ more than one expression",
                "x='1 ~ ADD x TEXT ~ a quote is not closed",
                "x='\\' ~ ADD x TEXT ~ a quote is not closed",
                "x=(1 ~ ADD x INT ~ a parenthesis is not closed",
                "x=1 1 ~ ADD x INT ~ error in your SQL syntax",
            })
    void refusesWhatIsNoValueOfTheRow(String transform, String alter, String why) throws Exception {
        List<String> before = bench.rows("SELECT * FROM people ORDER BY id");
        List<String> tables = bench.rows("SHOW TABLES");
        String column = transform.substring(0, transform.indexOf('='));
        assertThatThrownBy(() -> bench.prepareComputing(List.of(transform), "people", alter))
                .isInstanceOfSatisfying(
                        ShooflyException.class,
                        error -> assertThat(error.kind()).isEqualTo(ErrorKind.REFUSED))
                .hasMessageContaining(why)
                .hasMessageContaining(column)
                .hasMessageContaining("Nothing was changed");
        assertThat(bench.rows("SELECT * FROM people ORDER BY id")).isEqualTo(before);
        assertThat(bench.rows("SHOW TABLES")).isEqualTo(tables);
    }

    @Test
    void refusesAColumnThatIsGivenTwiceOrHasAnEmptyExpression() throws Exception {
        assertThatThrownBy(() -> bench.prepareComputing(List.of("email=LOWER(email)", "EMAIL=UPPER(email)"), "people"))
                .hasMessageContaining("EMAIL")
                .hasMessageContaining("given twice");
        bench.sql("UPDATE shoofly.migrations SET active_table = NULL");
        assertThatThrownBy(() -> bench.prepare(
                        new MigrationSpec("people", List.of(), StrategyChoice.SHADOW, 4, 1_000, CutoverSettings.DEFAULT)
                                .computing(List.of(new Transform("email", " ")))))
                .hasMessageContaining("email")
                .hasMessageContaining("the expression is empty");
    }

    @Test
    void choosesAnotherSharedKeyWhenTheFirstIsComputed() throws Exception {
        bench.sql("ALTER TABLE people ADD UNIQUE KEY by_name (first_name)");
        MigrationPlan plan = bench.prepareComputing(List.of("id=id * 10"), "people", "MODIFY id BIGINT");
        assertThat(plan.key().columns().get(0).shadowName()).isEqualTo("first_name");
        bench.copy(plan, 2);
        assertThat(bench.isEqual(plan)).isTrue();
        assertThat(shadow(plan, "id")).containsExactly("10", "20", "30");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            value = {
                "x=10 / (n - 3) ~ INT NOT NULL",
                "x=CAST(last_name AS SIGNED) ~ INT",
                "x=NULLIF(n, 3) ~ INT NOT NULL",
                "x=REPEAT(last_name, 9) ~ VARCHAR(9)",
                "x=CAST(last_name AS JSON) ~ JSON",
                "x=9223372036854775800 + n * 3 ~ BIGINT",
            })
    void namesColumnAndKeyOfARowForWhichTheExpressionFails(String transform, String type) throws Exception {
        bench.sql("UPDATE people SET last_name = '1' WHERE id <> 3", "UPDATE people SET last_name = '{x' WHERE id = 3");
        MigrationPlan plan = bench.prepareComputing(List.of(transform), "people", "ADD x " + type);
        assertThatThrownBy(() -> bench.copy(plan, 10))
                .hasMessageContaining("id = 3")
                .hasMessageContaining("column or constraint x")
                .hasMessageContaining("not touched");
        assertThatThrownBy(() -> bench.reconcile(plan, RowKey.of("1"), RowKey.of("3")))
                .hasMessageContaining("id = 3")
                .hasMessageContaining("column or constraint x");
    }

    @Test
    void uniqueValuesThatTheExpressionMakesEqualAreFoundAndNamed() throws Exception {
        bench.sql("UPDATE people SET email = 'ADA@x.org' WHERE id = 3");
        MigrationPlan plan = bench.prepareComputing(List.of("email=LOWER(email)"), "people");
        assertThatThrownBy(() -> {
                    bench.copy(plan, 10);
                    bench.reconcile(plan, RowKey.of("1"), RowKey.of("3"));
                })
                .isInstanceOf(DuplicateRowsException.class)
                .hasMessageContaining("email")
                .hasMessageContaining("ada@x.org")
                .hasMessageContaining("1")
                .hasMessageContaining("3");
    }

    @Test
    void computedUniqueValuesMoveBetweenRows() throws Exception {
        MigrationPlan plan = bench.prepareComputing(List.of("email=LOWER(email)"), "people");
        bench.copy(plan, 10);
        bench.sql(
                "UPDATE people SET email = 'Z' WHERE id = 1",
                "UPDATE people SET email = 'ADA@x.org' WHERE id = 3",
                "UPDATE people SET email = 'GRACE@x.org' WHERE id = 1");
        bench.reconcile(plan, RowKey.of("3"));
        bench.reconcile(plan, RowKey.of("1"));
        bench.reconcile(plan, RowKey.of("3"));
        assertThat(bench.isEqual(plan)).isTrue();
        assertThat(shadow(plan, "id, email")).containsExactly("1|grace@x.org", "2|null", "3|ada@x.org");
    }

    @Test
    void anIndexOverAComputedColumnIsNotTakenForOneThatTheSourceKeeps() throws Exception {
        MigrationPlan plan = bench.prepareComputing(List.of("email=LOWER(email)"), "people", "ADD KEY (n)");
        assertThat(DialectState.of(plan).deferred())
                .extracting(DialectState.Index::name)
                .containsExactly("n");
    }
}
