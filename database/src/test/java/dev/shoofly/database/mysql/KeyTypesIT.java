package dev.shoofly.database.mysql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.database.Comparer.Kind;
import dev.shoofly.database.Comparer.RowDifference;
import dev.shoofly.model.KeyRange;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Keys of every kind, extremes included, make the round trip through text and find their rows by the index. */
class KeyTypesIT {

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '~', quoteCharacter = '`', textBlock = """
            bigint                                  ~ -9223372036854775808 ; -1 ; 0 ; 1 ; 9223372036854775807
            bigint unsigned                         ~ 0 ; 9223372036854775807 ; 9223372036854775808 ; 18446744073709551615
            tinyint(1)                              ~ -128 ; 0 ; 1 ; 2 ; 127
            int(8) unsigned zerofill                ~ 0 ; 7 ; 4294967295
            year                                    ~ 0 ; 1901 ; 2026 ; 2155
            decimal(30,7)                           ~ -99999999999999999999999.9999999 ; 0 ; 0.0000001 ; 1.5 ; 99999999999999999999999.9999999
            varchar(40)                             ~ '' ; 'a''b' ; 'back\\\\slash' ; '"q"' ; '😀é' ; 'ähnlich' ; '100%_'
            varchar(40) collate utf8mb4_bin         ~ 'a' ; 'A' ; 'ä' ; '日本語' ; '𝟏'
            varchar(40) collate utf8mb4_0900_bin    ~ 'a' ; 'a ' ; 'A'
            char(20) character set latin1           ~ 'abc' ; 'é' ; 'ÿ' ; '€'
            varchar(20) character set gbk           ~ 'a' ; '中文' ; '國'
            varchar(20) character set utf16         ~ 'a' ; 'é' ; '😀'
            binary(4)                               ~ x'00' ; x'01' ; x'ff000000' ; x'27225c00'
            binary(16)                              ~ uuid_to_bin('6ccd780c-baba-1026-9564-5b8c656024db') ; x'00'
            varbinary(20)                           ~ x'' ; x'00' ; x'0000' ; x'ff' ; x'275c'
            char(36)                                ~ '6ccd780c-baba-1026-9564-5b8c656024db' ; '00000000-0000-0000-0000-000000000000'
            date                                    ~ '0000-00-00' ; '1000-01-01' ; '2026-00-00' ; '2026-11-21' ; '9999-12-31'
            datetime(3)                             ~ '0000-00-00' ; '2026-11-21 13:05:09.25' ; '2026-11-21 13:05:09.251' ; '9999-12-31 23:59:59.999'
            timestamp(6)                            ~ '1970-01-01 00:00:01' ; '2026-11-21 13:05:09.000001' ; '2038-01-19 03:14:07.999999'
            time(2)                                 ~ '-838:59:59' ; '-00:00:00.5' ; '00:00:00' ; '13:05:09.25' ; '838:59:59'
            enum('z','it''s','a,b','é')             ~ 'z' ; 'it''s' ; 'a,b' ; 'é'
            """)
    void aKeyOfThisTypeMakesTheRoundTrip(String type, String literals) throws Exception {
        try (Bench bench = Bench.open()) {
            bench.sql("SET time_zone = '+00:00', sql_mode = 'STRICT_ALL_TABLES'");
            bench.sql("CREATE TABLE t (k " + type + " NOT NULL PRIMARY KEY, v INT NOT NULL)");
            int rows = 0;
            for (String literal : literals.split(" ; ")) {
                bench.sql("INSERT INTO t VALUES (" + literal.strip() + ", " + ++rows + ")");
            }
            MigrationPlan plan = bench.prepare("t", "ADD COLUMN w INT NOT NULL DEFAULT 5");

            List<RowKey> keys = keys(bench, plan);
            assertThat(keys).hasSize(rows).doesNotHaveDuplicates();
            bench.copy(plan, 1);
            assertThat(bench.value("SELECT COUNT(*) FROM " + MySqlNames.quote(plan.shadow())))
                    .isEqualTo(String.valueOf(rows));
            assertThat(bench.isEqual(plan)).isTrue();

            bench.sql("UPDATE t SET v = v + 100");
            assertThat(bench.database().comparer(plan).differingKeys(KeyRange.ALL, 100))
                    .isEqualTo(keys);
            bench.reconcile(plan, keys);
            assertThat(bench.isEqual(plan)).isTrue();

            bench.sql("DELETE FROM t WHERE v % 2 = 0");
            assertThat(bench.database().comparer(plan).differences(keys))
                    .hasSize(rows / 2)
                    .extracting(RowDifference::kind)
                    .containsOnly(Kind.EXTRA);
            bench.reconcile(plan, keys);
            assertThat(bench.isEqual(plan)).isTrue();
            assertThat(bench.database().comparer(plan).differences(keys)).isEmpty();
        }
    }

    /** One row at a time, as chunks of one row find them. */
    private static List<RowKey> keys(Bench bench, MigrationPlan plan) {
        List<RowKey> keys = new ArrayList<>();
        Optional<RowKey> next = bench.database().comparer(plan).chunkEnd(null, 1);
        while (next.isPresent() && keys.size() < 100) {
            keys.add(next.get());
            next = bench.database().comparer(plan).chunkEnd(next.get(), 1);
        }
        return keys;
    }
}
