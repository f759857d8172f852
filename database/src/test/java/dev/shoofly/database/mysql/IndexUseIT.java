package dev.shoofly.database.mysql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.model.KeyRange;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** No statement on a chunk or a batch reads more than a few times its rows, whatever the key's type. */
class IndexUseIT {
    private static final int ROWS = 2_000;
    private static final int CHUNK = 100;

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '~', quoteCharacter = '`', textBlock = """
            k BIGINT UNSIGNED, PRIMARY KEY (k)                                            ~ n
            k VARCHAR(20) CHARACTER SET latin1, PRIMARY KEY (k)                           ~ CONCAT('k', n)
            k VARCHAR(20) CHARACTER SET gbk, PRIMARY KEY (k)                              ~ CONCAT('中', n)
            k CHAR(20) COLLATE utf8mb4_0900_as_cs, PRIMARY KEY (k)                        ~ CONCAT('é', n)
            k BINARY(16), PRIMARY KEY (k)                                                 ~ UNHEX(MD5(n))
            k TIMESTAMP, PRIMARY KEY (k)                                                  ~ FROM_UNIXTIME(1000000000 + n)
            k DATETIME(6), PRIMARY KEY (k)                                                ~ '2026-01-01' + INTERVAL n MICROSECOND
            k DECIMAL(20,6), PRIMARY KEY (k)                                              ~ n / 1000
            k INT NOT NULL, other INT AUTO_INCREMENT PRIMARY KEY, UNIQUE KEY u (k)        ~ n
            e ENUM('z','b','a') DEFAULT 'b', k INT, PRIMARY KEY (e, k)                    ~ n
            d DATE DEFAULT '2026-01-01', s VARCHAR(9) DEFAULT 'x', k INT, PRIMARY KEY (d, s, k) ~ n
            """)
    void everyStatementUsesTheKeysIndex(String columns, String value) throws Exception {
        try (Bench bench = Bench.open()) {
            bench.sql(
                    "SET SESSION cte_max_recursion_depth = 100000, time_zone = '+00:00'",
                    "CREATE TABLE t (v INT NOT NULL, " + columns + ")",
                    "INSERT INTO t (v, k) WITH RECURSIVE s AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM s WHERE n < "
                            + ROWS + ") SELECT n, " + value + " FROM s");
            if (columns.startsWith("e ENUM")) {
                bench.sql("UPDATE t SET e = ELT(1 + v % 3, 'z', 'b', 'a')");
            }
            MigrationPlan plan = bench.prepare(
                    "t",
                    columns.contains("UNIQUE") ? "DROP PRIMARY KEY, DROP other, MODIFY v BIGINT" : "MODIFY v BIGINT");
            bench.copy(plan, ROWS);
            bench.sql("DELETE FROM " + MySqlNames.quote(plan.shadow()) + " WHERE v % 2 = 0");
            bench.sql("ANALYZE TABLE t, " + MySqlNames.quote(plan.shadow()));

            bench.forgetStatements();
            bench.sql("DELETE FROM shoofly.segments");
            bench.copy(plan, CHUNK);
            List<RowKey> keys = new ArrayList<>();
            Optional<RowKey> end = bench.database().comparer(plan).chunkEnd(null, CHUNK);
            bench.database().comparer(plan).compare(new KeyRange(null, end.orElseThrow()));
            RowKey lower = end.get();
            end = bench.database().comparer(plan).chunkEnd(lower, CHUNK);
            KeyRange range = new KeyRange(lower, end.orElseThrow());
            assertThat(bench.database().comparer(plan).compare(range).equal()).isTrue();
            bench.sql("UPDATE t SET v = v + 1");
            keys.addAll(bench.database().comparer(plan).differingKeys(range, CHUNK));
            assertThat(keys).hasSize(CHUNK);
            bench.database().comparer(plan).differences(keys);
            bench.reconcile(plan, keys);

            List<String> greedy = bench.rows("SELECT sum_rows_examined / count_star, digest_text"
                    + " FROM performance_schema.events_statements_summary_by_digest WHERE digest_text LIKE '%FORCE INDEX%'"
                    + " AND sum_rows_examined / count_star > "
                    + 4 * CHUNK);
            assertThat(greedy).isEmpty();
            assertThat(bench.rows("SELECT 1 FROM performance_schema.events_statements_summary_by_digest"
                            + " WHERE digest_text LIKE '%FORCE INDEX%'"))
                    .hasSizeGreaterThan(9);
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '~', quoteCharacter = '`', textBlock = """
            UNIQUE KEY u (c)                                    ~ VARCHAR(40)
            UNIQUE KEY u (c(6))                                 ~ VARCHAR(40)
            UNIQUE KEY u (c(6))                                 ~ VARCHAR(40) CHARACTER SET latin1
            UNIQUE KEY u (c(6), part)                           ~ TEXT COLLATE utf8mb4_unicode_ci
            UNIQUE KEY u (c(6))                                 ~ VARBINARY(40)
            UNIQUE KEY u (c(6))                                 ~ BLOB
            UNIQUE KEY u ((LOWER(c)))                           ~ VARCHAR(40)
            UNIQUE KEY u (part, (LOWER(c)))                     ~ VARCHAR(40) CHARACTER SET latin1
            UNIQUE KEY u ((CAST(c AS UNSIGNED) * 2))            ~ VARCHAR(40)
            UNIQUE KEY u ((CAST(c AS DECIMAL(20, 3)) / 4))      ~ VARCHAR(40)
            UNIQUE KEY u ((DATE_ADD(DATE '2020-01-01', INTERVAL c DAY))) ~ INT
            UNIQUE KEY u ((SHA1(c)))                            ~ VARCHAR(40)
            """)
    void rowsInTheWayOfAUniqueValueAreFoundByItsIndex(String index, String type) throws Exception {
        try (Bench bench = Bench.open()) {
            bench.sql(
                    "SET SESSION cte_max_recursion_depth = 100000",
                    "CREATE TABLE t (id INT PRIMARY KEY, c " + type + " NOT NULL, part INT NOT NULL, v INT, " + index
                            + ")",
                    "INSERT INTO t WITH RECURSIVE s AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM s WHERE n < " + ROWS
                            + ") SELECT n, 100000 + n, 1, 1 FROM s");
            MigrationPlan plan = bench.prepare("t", "MODIFY v BIGINT");
            bench.copy(plan, ROWS);
            bench.sql("ANALYZE TABLE t, " + MySqlNames.quote(plan.shadow()));
            // Each takes the value of the one before; the owner of the first has deleted it and not been applied yet.
            bench.sql(
                    "DELETE FROM t WHERE id = 1000",
                    "UPDATE t SET c = c - 1 WHERE id BETWEEN 1001 AND 1020 ORDER BY id");
            bench.forgetStatements();

            List<RowKey> moved = new ArrayList<>();
            for (int id = 1001; id <= 1020; id++) {
                moved.add(RowKey.of(String.valueOf(id)));
            }
            assertThat(bench.reconcile(plan, moved, Set.of()).cleared()).isPositive();

            assertThat(bench.rows("SELECT max_rows_examined, digest_text FROM (SELECT sum_rows_examined / count_star AS"
                            + " max_rows_examined, digest_text FROM performance_schema.events_statements_summary_by_digest"
                            + " WHERE schema_name IN ('" + bench.schema() + "')) d WHERE max_rows_examined > "
                            + 4 * CHUNK))
                    .isEmpty();
            assertThat(bench.rows(
                            "SELECT * FROM " + MySqlNames.quote(plan.shadow()) + " WHERE id BETWEEN 1001 AND 1020"))
                    .isEqualTo(bench.rows("SELECT * FROM t WHERE id BETWEEN 1001 AND 1020"));
        }
    }
}
