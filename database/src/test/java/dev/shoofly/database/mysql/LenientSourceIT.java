package dev.shoofly.database.mysql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import java.sql.SQLException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the server computes anew for each copied row must come out as it did for the session that wrote the row. */
class LenientSourceIT {
    private Bench bench;

    @BeforeEach
    void open() throws SQLException {
        bench = Bench.open();
        bench.sql("SET SESSION sql_mode = '', time_zone = '+00:00'");
    }

    @AfterEach
    void close() throws SQLException {
        bench.close();
    }

    private MigrationPlan migrated(String columns, String values) throws SQLException {
        bench.sql(
                "CREATE TABLE t (id INT PRIMARY KEY, u INT UNIQUE, " + columns + ")",
                "INSERT INTO t (id, u, a, b) VALUES " + values);
        MigrationPlan plan = bench.prepare("t", "ADD COLUMN added INT");
        bench.copy(plan, 2);
        // An upsert, and an exchange of unique values.
        bench.reconcile(plan, RowKey.of("1"));
        bench.sql(
                "UPDATE t SET u = 9 WHERE id = 1",
                "UPDATE t SET u = 1 WHERE id = 2",
                "UPDATE t SET u = 2 WHERE id = 1");
        bench.reconcile(plan, RowKey.of("1"), RowKey.of("2"));
        return plan;
    }

    private void requireSame(MigrationPlan plan, String columns) throws SQLException {
        assertThat(bench.rows("SELECT " + columns + " FROM " + MySqlNames.quote(plan.shadow()) + " ORDER BY id"))
                .isEqualTo(bench.rows("SELECT " + columns + " FROM t ORDER BY id"));
        assertThat(bench.isEqual(plan)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "c DOUBLE AS (a / b) STORED",
                "c DOUBLE AS (a / b) VIRTUAL",
                "c DOUBLE AS (a / b) VIRTUAL, KEY k (c)",
                "c INT DEFAULT 1, KEY k ((a % b))",
                "c INT DEFAULT 1, CHECK (a / b > 1)"
            })
    void divisionsByZeroAreNullAsTheyWere(String column) throws Exception {
        requireSame(migrated("a INT, b INT, " + column, "(1, 1, 5, 0), (2, 2, 6, 3), (3, 3, 7, 0)"), "id, a, b, c");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', quoteCharacter = '`', textBlock = """
            c INT AS (CAST(a AS SIGNED)) STORED ~ INTEGER value: '5x'
            c DATE AS (a) STORED                ~ date value: '5x'
            c VARCHAR(1) AS (a) STORED          ~ column 'c'
            """)
    void valuesThatOnlyALenientSessionComputesAreRefusedWithTheirRow(String column, String reason) {
        assertThatThrownBy(() -> migrated("a VARCHAR(9), b INT, " + column, "(1, 1, '5x', 0), (2, 2, '', 0)"))
                .isInstanceOfSatisfying(
                        ShooflyException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.DATA))
                .hasMessageContaining("row with id = 1")
                .hasMessageContaining(reason);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', quoteCharacter = '`', textBlock = """
            +02:00 ~ c DATE AS (DATE(a)) STORED              ~ true
            +02:00 ~ c INT AS (HOUR(`A`) + b) STORED         ~ true
            +02:00 ~ c DATE AS (DATE(a)) VIRTUAL             ~ false
            +02:00 ~ c INT AS (b + 1) STORED                 ~ false
            +00:00 ~ c DATE AS (DATE(a)) STORED              ~ false
            """)
    void aStoredColumnThatShowsAMomentInTheWritersZoneIsRefused(String zone, String column, boolean refused)
            throws Exception {
        String before = bench.value("SELECT @@GLOBAL.time_zone");
        bench.sql("SET GLOBAL time_zone = '" + zone + "'", "SET time_zone = '" + zone + "'");
        try {
            String values = "(1, 1, '2024-06-01 00:30:00', 5), (2, 2, NULL, NULL)";
            if (refused) {
                assertThatThrownBy(() -> migrated("a TIMESTAMP NULL, b INT, " + column, values))
                        .isInstanceOfSatisfying(
                                ShooflyException.class,
                                e -> assertThat(e.kind()).isEqualTo(ErrorKind.REFUSED))
                        .hasMessageContaining("stored generated column c");
                assertThat(bench.rows("SHOW TABLES")).containsExactly("t");
            } else {
                requireSame(migrated("a TIMESTAMP NULL, b INT, " + column, values), "id, a, b, c");
            }
        } finally {
            bench.sql("SET GLOBAL time_zone = '" + before + "'");
        }
    }
}
