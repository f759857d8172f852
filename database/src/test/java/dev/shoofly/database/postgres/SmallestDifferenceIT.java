package dev.shoofly.database.postgres;

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

/** A value that differs by as little as its type allows is found, also where "equal" says that it is the same. */
@Timeout(60)
class SmallestDifferenceIT {
    /** Column: type, value of the source, value of the shadow. */
    private static final Map<String, List<String>> COLUMNS = new LinkedHashMap<>();

    static {
        column("a_smallint", "smallint", "7", "8");
        column("a_bigint", "bigint", "9223372036854775807", "9223372036854775806");
        // What a bigint's own hash does not tell apart, nor that of a time.
        column("a_folded_bigint", "bigint", "-1", "4294967295");
        column("a_folded_time", "time", "'00:00:00.000001'", "'01:11:34.967296'");
        column("a_folded_timestamp", "timestamp", "'2000-01-01 00:00:00.000001'", "'2000-01-01 01:11:34.967296'");
        column("a_folded_timestamptz", "timestamptz", "'2000-01-01 00:00:00.000001Z'", "'2000-01-01 01:11:34.967296Z'");
        column("a_numeric", "numeric", "1", "1.0");
        column("a_long_numeric", "numeric", "1e-1000", "1.1e-1000");
        column("a_nan", "numeric", "'NaN'", "NULL");
        column("a_real", "real", "0.1", "0.10000001");
        column("a_double", "double precision", "0.1", "0.10000000000000002");
        column("a_zero", "double precision", "0", "'-0'");
        column("a_real_zero", "real", "0", "'-0'");
        column("a_double_nan", "double precision", "'NaN'", "NULL");
        column("a_bool", "boolean", "false", "NULL");
        column("a_money", "money", "'0.01'", "'0.02'");
        column("a_date", "date", "'infinity'", "'2024-02-29'");
        column("a_time", "time", "'24:00'", "'23:59:59.999999'");
        column("a_timetz", "timetz", "'12:00+00'", "'13:00+01'");
        column("a_timestamp", "timestamp", "'2024-02-29 12:00'", "'2024-02-29 12:00:00.000001'");
        column("a_timestamptz", "timestamptz", "'2024-02-29 12:00Z'", "'2024-02-29 12:00:00.000001Z'");
        column("an_interval", "interval", "'1 day'", "'24 hours'");
        column("a_char", "char(9)", "''", "NULL");
        column("a_text", "text", "''", "NULL");
        column("a_blank", "text", "'x'", "'x '");
        column("a_case", "text", "'x'", "'X'");
        column("a_form", "text", "U&'\\00e9'", "U&'e\\0301'");
        column("a_long_text", "text", "repeat('x', 60000)", "repeat('x', 59999) || 'y'");
        column("a_bytea", "bytea", "'\\x00'", "'\\x0000'");
        column("a_bits", "varbit", "B'1'", "B'10'");
        column("a_uuid", "uuid", "'00000000-0000-0000-0000-000000000000'", "'00000000-0000-0000-0000-000000000001'");
        column("a_json", "json", "'{\"a\":1}'", "'{\"a\": 1}'");
        column("a_jsonb", "jsonb", "'{\"a\": 1}'", "'{\"a\": 1.0}'");
        column("a_json_null", "jsonb", "'null'", "NULL");
        column("an_array", "int[]", "'{1,NULL}'", "'{1}'");
        column("a_based_array", "int[]", "'{1}'", "'[0:0]={1}'");
        column("a_text_array", "text[]", "'{\"\"}'", "'{NULL}'");
        column("a_range", "int4range", "'[1,2]'", "'[1,2)'");
        column("an_inet", "inet", "'10.0.0.1'", "'10.0.0.1/31'");
        column("a_point", "point", "'(1,1)'", "'(1,1.0000000000000002)'");
        column("a_tsvector", "tsvector", "'a:1'", "'a:1A'");
        column("a_name", "name", "'a'", "'b'");
        column("a_month", "interval", "'1 month'", "'30 days'");
        column("a_scale", "numeric(9,2)[]", "'{1}'", "NULL");
        column("a_bigint_array", "bigint[]", "'{-1}'", "'{4294967295}'");
        column("an_enum", "mood", "'calm'", "'Calm'");
        column("a_domain", "nearly", "'-0'", "0");
        column("a_composite", "pair", "'(1,)'", "'(1,\"\")'");
        column("a_number_in_composite", "pair", "'(1,x)'", "'(1.0,x)'");
        column("a_multirange", "int4multirange", "'{[1,2]}'", "'{[1,2)}'");
        column("an_lsn", "pg_lsn", "'0/1'", "'1/0'");
        // The server has no binary form of it.
        column("an_aclitem", "aclitem", "makeaclitem(10, 10, 'SELECT', false)", "makeaclitem(10, 10, 'SELECT', true)");
        column("an_alike", "text COLLATE alike", "'x'", "'X'");
        column("an_alike_varchar", "varchar(9) COLLATE alike", "'y'", "'Y'");
        column("an_xml", "xml", "'<a/>'", "'<a />'");
    }

    private static void column(String name, String type, String source, String shadow) {
        COLUMNS.put(name, List.of(type, source, shadow));
    }

    @Test
    void isFoundAndReconciledInEveryType() throws SQLException {
        try (Lab lab = Lab.open()) {
            StringBuilder definition = new StringBuilder("CREATE TABLE t (id int PRIMARY KEY");
            StringBuilder values = new StringBuilder();
            COLUMNS.forEach((name, column) -> {
                definition.append(", ").append(name).append(' ').append(column.get(0));
                values.append(", ").append(column.get(1));
            });
            int rows = COLUMNS.size() + 4;
            lab.run(
                    "CREATE COLLATION alike (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
                    "CREATE TYPE mood AS ENUM ('calm', 'Calm')",
                    "CREATE DOMAIN nearly AS double precision",
                    "CREATE TYPE pair AS (number numeric, word text)",
                    definition + ")",
                    "INSERT INTO t SELECT id" + values + " FROM generate_series(1, " + rows + ") id",
                    "UPDATE t SET a_smallint = id WHERE id > " + COLUMNS.size());
            MigrationPlan plan = lab.prepare("t", "ADD COLUMN more int NOT NULL DEFAULT 1");
            lab.copyAll(plan, 100);
            Comparer comparer = lab.database.comparer(plan);
            assertThat(comparer.compare(KeyRange.ALL).equal()).isTrue();
            assertThat(((PostgresComparer) comparer)
                            .compareByTexts(KeyRange.ALL)
                            .equal())
                    .isTrue();
            int id = 0;
            for (Map.Entry<String, List<String>> column : COLUMNS.entrySet()) {
                id++;
                lab.run("UPDATE " + Lab.shadow(plan) + " SET " + column.getKey() + " = "
                        + column.getValue().get(2) + " WHERE id = " + id);
            }
            id = 0;
            for (String name : COLUMNS.keySet()) {
                id++;
                assertFound(comparer, id, name);
            }
            assertThat(comparer.differingKeys(KeyRange.ALL, 1_000)).hasSize(COLUMNS.size());
            assertSwappedAndStrayRowsAreFound(lab, comparer, Lab.shadow(plan), rows);
            lab.reconcile(plan, comparer.differingKeys(KeyRange.ALL, 1_000));
            assertThat(comparer.differingKeys(KeyRange.ALL, 1_000)).isEmpty();
        }
    }

    private static void assertFound(Comparer comparer, int id, String name) {
        RowKey key = RowKey.of(Integer.toString(id));
        RowKey before = RowKey.of(Integer.toString(id - 1));
        assertThat(comparer.compare(new KeyRange(before, key)).equal())
                .as("checksum of %s", name)
                .isFalse();
        assertThat(((PostgresComparer) comparer)
                        .compareByTexts(new KeyRange(before, key))
                        .equal())
                .as("checksum of %s before PostgreSQL 14", name)
                .isFalse();
        List<RowDifference> found = comparer.differences(List.of(key), Values.READ);
        assertThat(found).as(name).hasSize(1);
        assertThat(found.get(0).kind()).isEqualTo(Kind.DIFFERS);
        assertThat(found.get(0).columns()).containsExactly(name);
        Sides sides = Objects.requireNonNull(found.get(0).values().get(name));
        // This one is cut before it differs.
        if (!name.equals("a_long_text")) {
            assertThat(sides.source()).as(name).isNotEqualTo(sides.shadow());
        }
    }

    /** Two rows that exchanged a value, one that is not there, one that is too much: the same sums, other rows. */
    private static void assertSwappedAndStrayRowsAreFound(Lab lab, Comparer comparer, String shadow, int rows) {
        int first = rows - 3;
        lab.run(
                "UPDATE " + shadow + " SET a_smallint = " + (2 * first + 1) + " - id WHERE id IN (" + first + ", "
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

    /** Each with the same values as before, taken together, by row and by column. */
    @Test
    void valuesThatChangedPlacesAreFound() throws SQLException {
        try (Lab lab = Lab.open()) {
            lab.run(
                    "CREATE TABLE p (id int PRIMARY KEY, a bigint, b bigint, c text, d text, e timestamp, f timestamp)",
                    "INSERT INTO p SELECT id, id, -id, 'c' || id, 'd' || id, timestamp '2024-01-01' + id * interval '1 s',"
                            + " timestamp '2025-01-01' + id * interval '1 s' FROM generate_series(1, 99) id",
                    "INSERT INTO p VALUES (100, 1, NULL, 'x', NULL, '2024-01-01', NULL)");
            MigrationPlan plan = lab.prepare("p", "ADD COLUMN more int NOT NULL DEFAULT 1");
            lab.copyAll(plan, 100);
            Comparer comparer = lab.database.comparer(plan);
            String update = "UPDATE " + Lab.shadow(plan) + " SET ";
            for (String change : List.of(
                    // Between two rows, in one column and in several.
                    "a = 3 - id WHERE id IN (1, 2)",
                    "a = 3 - id, b = id - 3 WHERE id IN (1, 2)",
                    "c = 'c' || 3 - id WHERE id IN (1, 2)",
                    "a = 3 - id, b = id - 3, c = 'c' || 3 - id, d = 'd' || 3 - id WHERE id IN (1, 2)",
                    "e = timestamp '2024-01-01' + (3 - id) * interval '1 s' WHERE id IN (1, 2)",
                    // Between two columns, in one row and in two.
                    "a = b, b = a WHERE id = 1",
                    "c = d, d = c WHERE id = 1",
                    "e = f, f = e WHERE id IN (1, 2)",
                    "a = b, b = a, c = d, d = c, e = f, f = e",
                    "a = NULL, b = 1 WHERE id = 100",
                    "c = NULL, d = 'x' WHERE id = 100",
                    // Between two rows and two columns.
                    "a = CASE id WHEN 1 THEN -2 ELSE a END, b = CASE id WHEN 2 THEN 1 ELSE b END WHERE id IN (1, 2)")) {
                lab.run(update + change);
                assertThat(comparer.compare(KeyRange.ALL).equal()).as(change).isFalse();
                List<RowKey> differing = comparer.differingKeys(KeyRange.ALL, 1_000);
                assertThat(differing).as(change).isNotEmpty();
                lab.reconcile(plan, differing);
                assertThat(comparer.compare(KeyRange.ALL).equal())
                        .as("reconciled: " + change)
                        .isTrue();
            }
        }
    }

    /** Bytes that no text shows: what the checksums say is only where to look. */
    @Test
    void aChecksumThatDiffersWithoutARowThatDoesIsNoDifference() throws SQLException {
        try (Lab lab = Lab.open()) {
            lab.run(
                    "CREATE TABLE n (id int PRIMARY KEY, x double precision)",
                    "INSERT INTO n SELECT id, 'NaN' FROM generate_series(1, 9) id");
            MigrationPlan plan = lab.prepare("n", "ADD COLUMN more int NOT NULL DEFAULT 1");
            lab.copyAll(plan, 100);
            // Not a number either, with another sign.
            lab.run("UPDATE " + Lab.shadow(plan)
                    + " SET x = 'Infinity'::double precision - 'Infinity'::double precision WHERE id = 5");
            assertThat(lab.value("SELECT count(DISTINCT float8send(x)) FROM " + Lab.shadow(plan)))
                    .isEqualTo("2");
            Comparer comparer = lab.database.comparer(plan);
            assertThat(comparer.compare(KeyRange.ALL).equal()).isFalse();
            assertThat(comparer.differingKeys(KeyRange.ALL, 1_000)).isEmpty();
            assertThat(comparer.differences(List.of(RowKey.of("5")))).isEmpty();
        }
    }
}
