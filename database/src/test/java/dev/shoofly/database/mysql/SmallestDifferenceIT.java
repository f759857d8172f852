package dev.shoofly.database.mysql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.database.Comparer;
import dev.shoofly.database.Comparer.Kind;
import dev.shoofly.database.Comparer.RowDifference;
import dev.shoofly.database.Comparer.Sides;
import dev.shoofly.database.Comparer.Values;
import dev.shoofly.model.KeyRange;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A value that differs by as little as its type allows is found, whichever way the checksum takes to it. */
@Timeout(60)
class SmallestDifferenceIT {
    /** Column: type, value of the source, value of the shadow. */
    private static final Map<String, List<String>> COLUMNS = new LinkedHashMap<>();

    static {
        column("a_int", "int", "7", "8");
        column("a_big", "bigint unsigned", "18446744073709551615", "18446744073709551614");
        column("a_folded_big", "bigint", "-1", "4294967295");
        column("a_small_decimal", "decimal(9,2)", "0", "0.01");
        column("an_unsigned", "int unsigned zerofill", "4294967295", "4294967294");
        column("a_decimal", "decimal(65,30)", "1", "1.000000000000000000000000000001");
        column("a_float", "float", "16777216", "16777215");
        column("a_float_zero", "float", "0e0", "1e-45");
        column("a_double", "double", "0.1", "0.10000000000000002");
        column("a_double_zero", "double", "0e0", "-0e0");
        column("a_bit", "bit(64)", "b'1'", "b'0'");
        column("a_bool", "bool", "0", "NULL");
        column("a_date", "date", "'2024-02-29'", "'2024-03-01'");
        column("a_datetime", "datetime(6)", "'2024-02-29 12:00:00'", "'2024-02-29 12:00:00.000001'");
        column("a_timestamp", "timestamp(6) NULL", "'2024-02-29 12:00:00'", "'2024-02-29 12:00:00.000001'");
        column("a_time", "time(6)", "'-838:59:58'", "'-838:59:58.000001'");
        column("a_year", "year", "1901", "0");
        column("a_char", "char(9)", "''", "NULL");
        column("a_varchar", "varchar(9)", "'x'", "'x '");
        column("a_case", "varchar(9)", "'x'", "'X'");
        column("an_accent", "varchar(9)", "'e'", "'é'");
        column("a_form", "varchar(9)", "'é'", "'e\u0301'");
        column("a_text", "text", "repeat('x', 60000)", "concat(repeat('x', 59999), 'y')");
        column("an_empty_text", "text", "''", "NULL");
        column("a_latin", "varchar(9) character set latin1", "'e'", "'é'");
        column("a_binary", "binary(4)", "x'00'", "x'00000001'");
        column("a_varbinary", "varbinary(9)", "x'00'", "x'0000'");
        column("a_blob", "blob", "''", "x'00'");
        column("an_enum", "enum('a', 'A2')", "'a'", "'A2'");
        column("a_set", "set('a', 'b')", "'a,b'", "'b'");
        column("a_json", "json", "'{\"a\": 1}'", "'{\"a\": 1.0}'");
        column("a_json_null", "json", "'null'", "NULL");
        column("a_point", "point", "ST_GeomFromText('POINT(1 1)')", "ST_GeomFromText('POINT(1 1.0000000000000002)')");
    }

    private static void column(String name, String type, String source, String shadow) {
        COLUMNS.put(name, List.of(type, source, shadow));
    }

    @Test
    void isFoundAndReconciledInEveryType() throws SQLException {
        try (Bench bench = Bench.open()) {
            assertFound(bench, "plain", "ADD COLUMN more int NOT NULL DEFAULT 1");
            // Another charset: no expression foretells the bytes, and both sides are compared through a table of them.
            assertFound(bench, "retyped", "MODIFY a_latin varchar(9) CHARACTER SET utf8mb4");
        }
    }

    private static void assertFound(Bench bench, String table, String alter) throws SQLException {
        StringBuilder definition = new StringBuilder("CREATE TABLE " + table + " (id int PRIMARY KEY");
        StringBuilder values = new StringBuilder();
        COLUMNS.forEach((name, column) -> {
            definition.append(", ").append(name).append(' ').append(column.get(0));
            values.append(", ").append(column.get(1));
        });
        bench.sql("SET sql_mode = ''", definition + ")");
        int rows = COLUMNS.size() + 4;
        for (int id = 1; id <= rows; id++) {
            bench.sql("INSERT INTO " + table + " VALUES (" + id + values + ")");
        }
        bench.sql("UPDATE " + table + " SET a_int = id WHERE id > " + COLUMNS.size());
        MigrationPlan plan = bench.prepare(table, alter);
        bench.copy(plan, 100);
        assertThat(bench.isEqual(plan)).isTrue();
        String shadow = MySqlNames.quote(plan.shadow());
        int id = 0;
        for (Map.Entry<String, List<String>> column : COLUMNS.entrySet()) {
            id++;
            String set = "UPDATE " + shadow + " SET " + column.getKey() + " = ";
            // By way of another value: the server does not write one that it calls equal to the present one.
            bench.sql(set + "NULL WHERE id = " + id, set + column.getValue().get(2) + " WHERE id = " + id);
        }
        Comparer comparer = bench.database().comparer(plan);
        id = 0;
        for (String name : COLUMNS.keySet()) {
            id++;
            RowKey key = RowKey.of(Integer.toString(id));
            RowKey before = id == 1 ? null : RowKey.of(Integer.toString(id - 1));
            assertThat(comparer.compare(new KeyRange(before, key)).equal())
                    .as("checksum of %s", name)
                    .isFalse();
            List<RowDifference> found = comparer.differences(List.of(key), Values.READ);
            assertThat(found).as(name).hasSize(1);
            assertThat(found.get(0).kind()).isEqualTo(Kind.DIFFERS);
            assertThat(found.get(0).columns()).containsExactly(name);
            Sides sides = Objects.requireNonNull(found.get(0).values().get(name));
            // A text is cut before it differs; the case of labels and the like must show.
            if (!name.equals("a_text")) {
                assertThat(sides.source()).as(name).isNotEqualTo(sides.shadow());
            }
        }
        assertThat(comparer.differingKeys(KeyRange.ALL, 1_000)).hasSize(COLUMNS.size());
        assertSwappedAndStrayRowsAreFound(bench, comparer, shadow, rows);
        bench.reconcile(plan, comparer.differingKeys(KeyRange.ALL, 1_000));
        assertThat(comparer.differingKeys(KeyRange.ALL, 1_000)).isEmpty();
    }

    /** Two rows that exchanged a value, one that is not there, one that is too much: the same sums, other rows. */
    private static void assertSwappedAndStrayRowsAreFound(Bench bench, Comparer comparer, String shadow, int rows)
            throws SQLException {
        int first = rows - 3;
        bench.sql(
                "UPDATE " + shadow + " SET a_int = " + (2 * first + 1) + " - id WHERE id IN (" + first + ", "
                        + (first + 1) + ")",
                "DELETE FROM " + shadow + " WHERE id = " + rows,
                "UPDATE " + shadow + " SET id = 1000000 WHERE id = " + (rows - 1));
        assertThat(comparer.differences(List.of(
                        RowKey.of("" + first),
                        RowKey.of("" + (first + 1)),
                        RowKey.of("" + (rows - 1)),
                        RowKey.of("" + rows),
                        RowKey.of("1000000"))))
                .extracting(RowDifference::kind)
                .containsExactlyInAnyOrder(Kind.DIFFERS, Kind.DIFFERS, Kind.MISSING, Kind.MISSING, Kind.EXTRA);
        assertThat(comparer.compare(new KeyRange(RowKey.of("" + (first - 1)), null))
                        .equal())
                .isFalse();
    }

    /** Each with the same values as before, taken together, by row and by column; or with the same characters. */
    @Test
    void valuesThatChangedPlacesAreFound() throws SQLException {
        try (Bench bench = Bench.open()) {
            assertMovesAreFound(bench, "plain_moves", "ADD COLUMN more int NOT NULL DEFAULT 1");
            assertMovesAreFound(bench, "retyped_moves", "MODIFY a int, MODIFY d varchar(9) CHARACTER SET latin1");
        }
    }

    /** Without a binary column beside them, which would decide for the whole row. */
    @Test
    void textsOfSeveralCharacterSetsAreComparedByTheirBytes() throws SQLException {
        try (Bench bench = Bench.open()) {
            assertTheirBytesCount(bench, "apart", "latin1", "greek", "ADD COLUMN more int");
            assertTheirBytesCount(bench, "with_a_number", "latin1", "utf8mb4", "MODIFY n bigint");
            assertTheirBytesCount(bench, "converted", "latin1", "utf8mb4", "MODIFY a varchar(9) CHARACTER SET utf8mb4");
        }
    }

    private static void assertTheirBytesCount(Bench bench, String table, String first, String second, String alter)
            throws SQLException {
        bench.sql(
                "CREATE TABLE " + table + " (id int PRIMARY KEY, n int, a varchar(9) CHARACTER SET " + first
                        + ", b varchar(9) CHARACTER SET " + second + ")",
                "INSERT INTO " + table + " VALUES (1, 1, 'é', 'α')");
        MigrationPlan plan = bench.prepare(table, alter);
        bench.copy(plan, 100);
        assertThat(bench.isEqual(plan)).as(alter).isTrue();
        bench.sql("UPDATE " + MySqlNames.quote(plan.shadow()) + " SET a = 'è'");
        assertThat(bench.isEqual(plan)).as(alter).isFalse();
    }

    private static void assertMovesAreFound(Bench bench, String table, String alter) throws SQLException {
        bench.sql("CREATE TABLE " + table
                + " (id int PRIMARY KEY, a bigint, b bigint, c varchar(9), d varchar(9), e datetime, f datetime)");
        for (int id = 1; id < 10; id++) {
            bench.sql("INSERT INTO " + table + " VALUES (" + id + ", " + id + ", " + -id + ", 'c" + id + "', 'd" + id
                    + "', '2024-01-0" + id + "', '2025-01-0" + id + "')");
        }
        bench.sql(
                "INSERT INTO " + table + " VALUES (10, 1, NULL, 'x', NULL, '2024-01-01', NULL),"
                        + " (11, 12, 3, 'ab', 'c', NULL, NULL), (12, 1, 23, '', '1,a', NULL, NULL), (13, 1, 2, 'N', NULL, NULL, NULL)");
        MigrationPlan plan = bench.prepare(table, alter);
        bench.copy(plan, 100);
        assertThat(bench.isEqual(plan)).isTrue();
        Comparer comparer = bench.database().comparer(plan);
        // MySQL assigns from left to right: the values are written out.
        for (String change : List.of(
                "a = 3 - id WHERE id IN (1, 2)",
                "a = 3 - id, b = id - 3, c = concat('c', 3 - id), d = concat('d', 3 - id) WHERE id IN (1, 2)",
                "e = if(id = 1, '2024-01-02', '2024-01-01') WHERE id IN (1, 2)",
                "a = -id, b = id WHERE id < 10",
                "c = concat('d', id), d = concat('c', id) WHERE id = 1",
                "a = NULL, b = 1 WHERE id = 10",
                "c = NULL, d = 'x' WHERE id = 10",
                "e = NULL, f = '2024-01-01' WHERE id = 10",
                "a = 1, b = 23 WHERE id = 11",
                "c = 'a', d = 'bc' WHERE id = 11",
                "c = 'abc', d = '' WHERE id = 11",
                "c = '1,', d = 'a' WHERE id = 12",
                "c = NULL WHERE id = 12",
                "c = NULL, d = 'N' WHERE id = 13")) {
            bench.sql("UPDATE " + MySqlNames.quote(plan.shadow()) + " SET " + change);
            assertThat(comparer.compare(KeyRange.ALL).equal()).as(change).isFalse();
            List<RowKey> differing = comparer.differingKeys(KeyRange.ALL, 1_000);
            assertThat(differing).as(change).isNotEmpty();
            bench.reconcile(plan, differing);
            assertThat(comparer.compare(KeyRange.ALL).equal())
                    .as("reconciled: " + change)
                    .isTrue();
        }
    }
}
