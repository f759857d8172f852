package dev.shoofly.database.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Rows that really collide under the new definition end the migration with their keys; nothing is dropped in silence. */
class RealDuplicatesIT {
    private static Lab lab;

    @BeforeAll
    static void open() throws SQLException {
        lab = Lab.open();
    }

    @AfterAll
    static void close() throws SQLException {
        lab.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "CREATE UNIQUE INDEX the_rule ON dup (lower(mail))",
                "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS the_rule ON ONLY public.dup (lower(mail)) WHERE id > 0;",
                "ADD CONSTRAINT the_rule EXCLUDE USING gist (tsrange(at, at + interval '1 hour') WITH &&)",
                "CREATE UNIQUE INDEX the_rule ON dup (maybe) NULLS NOT DISTINCT",
            })
    void theConstraintAndTheKeysAreNamed(String rule) {
        lab.run(
                "DROP TABLE IF EXISTS dup, tight",
                "CREATE TABLE dup (id int PRIMARY KEY, mail text, at timestamp, maybe int)",
                "INSERT INTO dup VALUES (1, 'a', '2020-01-01', 1), (2, 'X', '2021-01-01', null),"
                        + " (3, 'x', '2021-01-01 00:30', null)");
        MigrationPlan plan = lab.prepare("dup", rule);
        assertThatThrownBy(() -> lab.copyAll(plan, 10))
                .isInstanceOfSatisfying(
                        ShooflyException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.DATA))
                .hasMessageContaining("\"the_rule\"")
                .hasMessageMatching("(?s).* in the rows 2 and 3.*")
                .hasMessageContaining("original table is untouched");
    }

    /** Two rows that were different until the column's type or collation, or what the index holds of it, changed. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "ALTER mail TYPE citext | mail | Ann | ann",
                "ALTER mail TYPE text COLLATE folded | mail | Ann | ann",
                "ALTER mail TYPE char(9) | mail | 'Ann' | 'Ann  '",
                "ALTER mail TYPE text USING lower(mail) | mail | Ann | ANN",
                "DROP CONSTRAINT the_rule; CREATE UNIQUE INDEX the_rule ON tight (lower(mail) COLLATE \"C\") | mail | Ann | ANN",
                "DROP CONSTRAINT the_rule; CREATE UNIQUE INDEX the_rule ON tight ((mail COLLATE folded)) | mail | Ann | ANN",
                "ALTER amount TYPE numeric(10,2) | amount | 1.0010 | 1.0020",
                "ALTER amount TYPE int | amount | 1.1 | 0.9",
                "ALTER at TYPE timestamp(0) | at | 2020-01-01 10:00:00.1 | 2020-01-01 10:00:00.2",
                "ALTER at TYPE date | at | 2020-01-01 10:00:00 | 2020-01-01 11:00:00",
            })
    void aTightenedTypeOrCollationNamesTheRowsThatItMakesEqual(
            String alters, String column, String first, String second) {
        lab.run(
                "CREATE EXTENSION IF NOT EXISTS citext",
                "CREATE COLLATION IF NOT EXISTS folded (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
                "DROP TABLE IF EXISTS tight",
                "CREATE TABLE tight (id int PRIMARY KEY, mail text, amount numeric(10,4), at timestamp(6))",
                "ALTER TABLE tight ADD CONSTRAINT the_rule UNIQUE (" + column + ")",
                "INSERT INTO tight SELECT i, 'other ' || i, 100 + i, timestamp '2021-01-01' + make_interval(days => i)"
                        + " FROM generate_series(1, 40) i",
                "UPDATE tight SET " + column + " = '" + first + "' WHERE id = 7",
                "UPDATE tight SET " + column + " = '" + second + "' WHERE id = 23");
        List<String> before = lab.rows("SELECT * FROM tight ORDER BY id");
        MigrationPlan plan = lab.prepare("tight", alters.split("; "));
        assertThatThrownBy(() -> lab.copyAll(plan, 10))
                .isInstanceOfSatisfying(
                        ShooflyException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.DATA))
                .hasMessageContaining("\"the_rule\"")
                .hasMessageMatching("(?s).*\\(\\S.*\\) in the rows 7 and 23.*")
                .hasMessageContaining("original table is untouched");
        assertThat(lab.rows("SELECT * FROM tight ORDER BY id")).isEqualTo(before);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "ALTER v TYPE smallint | 70000 | v",
                "ALTER t TYPE varchar(3) | 1 | t",
                "ALTER t TYPE int USING t::int | 1 | t",
                "ALTER t TYPE date USING to_date(t, 'YYYY-MM-DD') | 1 | t",
                "ALTER t SET NOT NULL | 1 | t",
                "ADD CONSTRAINT small CHECK (v < 50000) | 70000 | small",
                "ADD h int GENERATED ALWAYS AS (1 / (v - 70000)) STORED | 70000 | division by zero",
            })
    void aValueThatDoesNotFitNamesColumnAndFirstKey(String alter, int bad, String named) {
        lab.run(
                "DROP TABLE IF EXISTS misfit",
                "CREATE TABLE misfit (id bigint PRIMARY KEY, t text, v int)",
                "INSERT INTO misfit SELECT i, '12', i FROM generate_series(1, 500) i",
                "UPDATE misfit SET v = " + bad
                        + ", t = CASE WHEN " + alter.contains("SET NOT NULL") + " THEN NULL ELSE 'long one' END"
                        + " WHERE id IN (237, 400)");
        MigrationPlan plan = lab.prepare("misfit", alter);
        assertThatThrownBy(() -> lab.copyAll(plan, 1000))
                .isInstanceOfSatisfying(
                        ShooflyException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.DATA))
                .hasMessageContaining("first offending key 237")
                .hasMessageContaining(named);
        assertThatThrownBy(() -> lab.reconcile(plan, RowKey.of("400"), RowKey.of("4"), RowKey.of("237")))
                .isInstanceOfSatisfying(
                        ShooflyException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.DATA));
        assertThat(lab.value("SELECT count(*) FROM misfit")).isEqualTo("500");
    }
}
