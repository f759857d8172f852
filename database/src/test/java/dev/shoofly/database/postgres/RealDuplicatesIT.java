package dev.shoofly.database.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import java.sql.SQLException;
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
                "DROP TABLE IF EXISTS dup",
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
