package dev.shoofly.database.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.database.Comparer;
import dev.shoofly.model.KeyEquality;
import dev.shoofly.model.KeyRange;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A key value must come back from its text as the same value, or the wrong row, or none, is reconciled. */
class KeyTypesIT {
    private static Lab lab;

    @BeforeAll
    static void open() throws SQLException {
        lab = Lab.open();
        lab.run("CREATE TYPE mood AS ENUM ('sad', 'so so', 'gl\"ad')", "CREATE DOMAIN code AS varchar(9)");
    }

    @AfterAll
    static void close() throws SQLException {
        lab.close();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '^',
            value = {
                "smallint | '-32768', '0', '32767'",
                "int | '-2147483648', '7', '2147483647'",
                "bigint | '-9223372036854775808', '12', '9223372036854775807'",
                "numeric | '1.50', '-0.001', '12345678901234567890123.456', '100'",
                "numeric(12,3) | '1.500', '0', '99.125'",
                "uuid | '00000000-0000-0000-0000-000000000000', 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'",
                "text | '', 'a\"b\\c', '{x,y}', 'null', ' é ', '🚆', 'A', 'a'",
                "varchar(20) | 'x ', 'x', E'new\\nline'",
                "char(6) | 'x', 'ab c', ''",
                "code | 'one', 'two'",
                "bytea | '\\x', '\\x00ff', '\\x5c22'",
                "date | '0001-01-01', '2026-11-21', 'infinity'",
                "time | '00:00', '13:05:09.25', '23:59:59.999999'",
                "timestamp | '2026-11-21 13:05:09.25', '0044-03-15 10:00 BC', '-infinity'",
                "timestamptz | '2026-11-21 13:05:09.25+05', '1970-01-01 00:00+00', 'infinity'",
                "boolean | true, false",
                "mood | 'sad', 'so so', 'gl\"ad'",
            })
    void aKeyOfAnyTypeGoesThroughCopyReconcileAndCompare(String type, String values) {
        lab.run("DROP TABLE IF EXISTS keyed", "CREATE TABLE keyed (k " + type + " PRIMARY KEY, n int)");
        lab.run("INSERT INTO keyed SELECT v, 1 FROM unnest(ARRAY[" + values + "]::" + type + "[]) v");
        MigrationPlan plan = lab.prepare("keyed", "ALTER COLUMN n TYPE bigint");

        lab.copyAll(plan, 2);
        assertEqual(plan);

        List<RowKey> all = allKeys(plan);
        lab.run("UPDATE keyed SET n = 2", "DELETE FROM keyed WHERE k = (SELECT k FROM keyed ORDER BY k LIMIT 1)");
        assertThat(lab.database.comparer(plan).differingKeys(KeyRange.ALL, 100)).isEqualTo(all);
        lab.reconcile(plan, all);
        assertEqual(plan);
        assertThat(lab.value("SELECT count(*) FROM " + Lab.shadow(plan))).isEqualTo(String.valueOf(all.size() - 1));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '^',
            value = {
                "int, text | 4, 'b'",
                "uuid, timestamptz | gen_random_uuid(), now()",
                "text, bytea | 'x,y', '\\x0102'"
            })
    void aKeyOfSeveralColumnsDoesToo(String types, String values) {
        String[] type = types.split(",");
        lab.run(
                "DROP TABLE IF EXISTS keyed",
                "CREATE TABLE keyed (n int, b " + type[1] + ", a " + type[0] + ", PRIMARY KEY (a, b))",
                "INSERT INTO keyed (a, b, n) SELECT " + values + ", 3");
        MigrationPlan plan = lab.prepare("keyed", "RENAME COLUMN b TO \"b b\"", "ALTER n TYPE bigint");
        lab.copyAll(plan, 10);
        assertEqual(plan);
        RowKey key = allKeys(plan).get(0);
        lab.run("UPDATE keyed SET n = 9");
        Comparer.RowDifference difference =
                lab.database.comparer(plan).differences(List.of(key)).get(0);
        assertThat(difference).isEqualTo(new Comparer.RowDifference(key, Comparer.Kind.DIFFERS, List.of("n")));
        lab.reconcile(plan, key, key);
        assertEqual(plan);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '^',
            value = {
                "int | bigint | 3, -2147483648, 2147483647",
                "smallint | numeric | 3, 2, 1",
                "varchar(5) | text | 'a', 'b ', 'c'",
                "numeric(6,2) | numeric(8,3) | 1.10, 2, 3.3",
                "timestamptz(0) | timestamptz | now(), '1999-01-01 00:00+01', '2024-02-29 23:59:59+00'"
            })
    void aKeyMayChangeItsTypeWhereValuesStayTheSame(String from, String to, String values) {
        lab.run(
                "DROP TABLE IF EXISTS widened",
                "CREATE TABLE widened (k " + from + " PRIMARY KEY, n int)",
                "INSERT INTO widened SELECT v, 1 FROM unnest(ARRAY[" + values + "]::" + from + "[]) v");
        MigrationPlan plan = lab.prepare("widened", "ALTER k TYPE " + to);
        lab.copyAll(plan, 1);
        assertEqual(plan);
        List<RowKey> all = allKeys(plan);
        lab.run(
                "DELETE FROM widened WHERE k = (SELECT min(k) FROM widened)",
                "UPDATE widened SET n = 2 WHERE k = (SELECT max(k) FROM widened)");
        assertThat(lab.database.comparer(plan).differences(all))
                .extracting(Comparer.RowDifference::kind)
                .containsExactlyInAnyOrder(Comparer.Kind.EXTRA, Comparer.Kind.DIFFERS);
        lab.reconcile(plan, all);
        assertEqual(plan);
    }

    @Test
    void textsThatTheCollationCallsEqualMeetInOnePartition() {
        lab.run(
                "CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
                "CREATE TABLE folded (k text COLLATE ci PRIMARY KEY, n int)",
                "INSERT INTO folded VALUES ('Ab1', 1)");
        MigrationPlan plan = lab.prepare("folded", "ALTER n TYPE bigint");
        assertThat(plan.key().columns().get(0).equality()).isEqualTo(KeyEquality.DIGITS);
        lab.copyAll(plan, 10);
        lab.run("UPDATE folded SET k = 'aB1', n = 2");
        lab.reconcile(plan, RowKey.of("Ab1"), RowKey.of("aB1"));
        assertEqual(plan);
    }

    @Test
    void twoSpellingsOfOneCompositeKeyMeetInOneBatch() {
        lab.run(
                "CREATE COLLATION blind (provider = icu, locale = 'und-u-ks-level1', deterministic = false)",
                "CREATE TABLE spelled (k text COLLATE blind, b int, n int, PRIMARY KEY (k, b))",
                "INSERT INTO spelled VALUES ('röw 1', 1, 1), ('row 2', 1, 1)");
        MigrationPlan plan = lab.prepare("spelled", "ALTER n TYPE bigint");
        lab.copyAll(plan, 10);
        lab.run("UPDATE spelled SET k = 'ROW 1', n = 2 WHERE k = 'row 1'");
        int partition = plan.key().partition(RowKey.of("röw 1", "1"), Lab.PARTITIONS);
        assertThat(plan.key().partition(RowKey.of("ROW 1", "1"), Lab.PARTITIONS))
                .isEqualTo(partition);
        lab.database
                .reconciler(plan)
                .apply(lab.batch(plan, partition, List.of(RowKey.of("röw 1", "1"), RowKey.of("ROW 1", "1")), Set.of()));
        assertEqual(plan);
    }

    private static List<RowKey> allKeys(MigrationPlan plan) {
        PostgresKeys keys = new PostgresKeys(plan.key());
        List<RowKey> found = new java.util.ArrayList<>();
        try (var connection = PostgresSession.connect(lab.profile());
                var statement = connection.createStatement();
                var rows = statement.executeQuery("SELECT " + keys.texts(PostgresKeys.Side.SOURCE, "s") + " FROM "
                        + PostgresNames.quote(plan.source()) + " s ORDER BY "
                        + keys.columns(PostgresKeys.Side.SOURCE, "s"))) {
            while (rows.next()) {
                found.add(keys.read(rows, 1));
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        return found;
    }

    private static void assertEqual(MigrationPlan plan) {
        Comparer comparer = lab.database.comparer(plan);
        assertThat(comparer.compare(KeyRange.ALL).equal()).isTrue();
        assertThat(comparer.differingKeys(KeyRange.ALL, 10)).isEmpty();
        assertThat(comparer.differences(allKeys(plan))).isEmpty();
    }
}
