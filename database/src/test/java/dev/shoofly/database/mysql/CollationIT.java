package dev.shoofly.database.mysql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Keys that the database calls equal although their texts differ. */
class CollationIT {

    @ParameterizedTest(name = "{0}: {1} and {2}")
    @CsvSource(delimiter = '~', quoteCharacter = '`', textBlock = """
            utf8mb4_0900_ai_ci    ~ a1       ~ Á1
            utf8mb4_0900_ai_ci    ~ straße 7 ~ STRASSE 7
            utf8mb4_0900_ai_ci    ~ x𝟏       ~ X1
            utf8mb4_general_ci    ~ a1       ~ Ä1
            utf8mb4_unicode_ci    ~ ①        ~ 1
            latin1_swedish_ci     ~ y2       ~ Ý2
            gbk_chinese_ci        ~ a9       ~ A9
            """)
    void equalKeysMeetInOnePartitionAndInOneRow(String collation, String one, String other) throws Exception {
        try (Bench bench = Bench.open()) {
            String charset = collation.substring(0, collation.indexOf('_'));
            bench.sql("CREATE TABLE t (k VARCHAR(30) CHARACTER SET " + charset + " COLLATE " + collation
                    + " PRIMARY KEY, v INT)");
            bench.sql("INSERT INTO t VALUES ('" + one + "', 1)");
            MigrationPlan plan = bench.prepare("t", "ADD COLUMN w INT");
            bench.copy(plan, 10);
            RowKey before = RowKey.of(one);
            RowKey after = RowKey.of(other);
            assertThat(plan.key().token(before)).isEqualTo(plan.key().token(after));

            bench.sql("UPDATE t SET k = '" + other + "', v = 2");
            bench.reconcile(plan, before, after);
            assertThat(bench.rows("SELECT k, v FROM " + MySqlNames.quote(plan.shadow())))
                    .containsExactly(other + "|2");

            bench.sql("UPDATE t SET k = '" + one + "', v = 3");
            bench.reconcile(plan, after);
            assertThat(bench.isEqual(plan)).isTrue();

            bench.sql("DELETE FROM t");
            bench.reconcile(plan, after);
            assertThat(bench.isEqual(plan)).isTrue();
        }
    }

    @Test
    void trailingBlanksCountOnlyWhereTheCollationSaysSo() throws Exception {
        try (Bench bench = Bench.open()) {
            bench.sql(
                    "CREATE TABLE pads (k VARCHAR(9) COLLATE utf8mb4_bin PRIMARY KEY)",
                    "CREATE TABLE counts (k VARCHAR(9) COLLATE utf8mb4_0900_bin PRIMARY KEY)",
                    "INSERT INTO pads VALUES ('a ')",
                    "INSERT INTO counts VALUES ('a '), ('a')");
            MigrationPlan pads = bench.prepare("pads", "ADD COLUMN w INT");
            bench.copy(pads, 10);
            bench.sql("UPDATE pads SET k = 'a'");
            assertThat(pads.key().token(RowKey.of("a"))).isEqualTo(pads.key().token(RowKey.of("a ")));
            bench.reconcile(pads, RowKey.of("a "));
            assertThat(bench.isEqual(pads)).isTrue();

            MigrationPlan counts = bench.prepare("counts", "ADD COLUMN w INT");
            bench.copy(counts, 10);
            bench.sql("DELETE FROM counts WHERE k = 'a'");
            bench.reconcile(counts, RowKey.of("a"));
            assertThat(bench.isEqual(counts)).isTrue();
        }
    }
}
