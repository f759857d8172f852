package dev.shoofly.database.mysql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.database.DeferredIndexes.Result;
import dev.shoofly.database.DeferredIndexes.Writers;
import dev.shoofly.database.TableSwap;
import dev.shoofly.database.TableSwap.Outcome;
import dev.shoofly.model.CutoverSettings;
import dev.shoofly.model.KeyRange;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.TableName;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A partitioned table is copied, kept up to date and swapped as any other, and stays partitioned as it was. */
class PartitionsIT {
    private static final String ALTER =
            "ADD COLUMN w INT NOT NULL DEFAULT 7, MODIFY v BIGINT, DROP INDEX by_v, ADD INDEX by_w (w, v)";
    private Bench bench;

    @BeforeEach
    void open() throws SQLException {
        bench = Bench.open();
    }

    @AfterEach
    void close() throws SQLException {
        bench.close();
    }

    private void create(String table, String partitions) throws SQLException {
        bench.sql(
                "CREATE TABLE " + table + " (day DATE NOT NULL, id INT NOT NULL, u INT, v INT, PRIMARY KEY (id, day),"
                        + " UNIQUE KEY by_u (u, id, day), KEY by_v (v)) " + partitions,
                "INSERT INTO " + table
                        + " WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900)"
                        + " SELECT '2024-01-01' + INTERVAL i DAY, i, i, i FROM n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "PARTITION BY RANGE COLUMNS (day) (PARTITION y24 VALUES LESS THAN ('2025-01-01'),"
                        + " PARTITION y25 VALUES LESS THAN ('2026-01-01') COMMENT = 'now', PARTITION later VALUES LESS THAN (MAXVALUE))",
                "PARTITION BY HASH (id) PARTITIONS 5",
                "PARTITION BY RANGE (YEAR(day)) SUBPARTITION BY KEY (id) SUBPARTITIONS 2"
                        + " (PARTITION p1 VALUES LESS THAN (2025), PARTITION p2 VALUES LESS THAN MAXVALUE)"
            })
    void isWhatTheServersOwnAlterMakesOfIt(String partitions) throws Exception {
        create("twin", partitions);
        bench.sql("ALTER TABLE twin " + ALTER);
        create("t", partitions);
        assertThat(bench.database().preparation().findings(new TableName(bench.schema(), "t")))
                .isEmpty();
        assertThat(bench.database()
                        .storage()
                        .measure(new TableName(bench.schema(), "t"))
                        .total())
                .as("all of its files")
                .isGreaterThan(0);
        MigrationPlan plan = bench.prepareWithLateIndexes("t", ALTER);
        bench.copy(plan, 100, keys -> {});
        bench.sql(
                "UPDATE t SET day = '2026-06-01' WHERE id = 5",
                "UPDATE t SET v = -1 WHERE id BETWEEN 10 AND 12",
                "DELETE FROM t WHERE id = 900",
                "INSERT INTO t VALUES ('2025-03-03', 5, 5000, 1)");
        List<RowKey> moved = List.of(
                RowKey.of("5", "2024-01-06"),
                RowKey.of("5", "2026-06-01"),
                RowKey.of("5", "2025-03-03"),
                RowKey.of("900", "2026-06-19"));
        bench.reconcile(plan, moved, Set.of());
        List<RowKey> rest = bench.database().comparer(plan).differingKeys(KeyRange.ALL, 9);
        assertThat(rest).hasSize(3);
        assertThat(bench.database().deferredIndexes(plan).build(Writers.AT_WORK, 1, () -> true))
                .isEqualTo(Result.COMPLETE);

        assertThat(bench.database()
                        .swap(plan)
                        .attempt(
                                CutoverSettings.DEFAULT.withMaxStall(Duration.ofMinutes(1)),
                                1,
                                (progress, timeout, most) -> TableSwap.Drained.of(rest)))
                .isInstanceOf(Outcome.Swapped.class);

        assertThat(bench.value("SHOW CREATE TABLE t"))
                .isEqualTo(bench.value("SHOW CREATE TABLE twin").replace("twin", "t"));
        assertThat(bench.rows("SELECT id, day, u, v FROM t ORDER BY 1, 2"))
                .isEqualTo(bench.rows("SELECT id, day, u, v FROM " + MySqlNames.quote(plan.old()) + " ORDER BY 1, 2"));
        bench.sql("ANALYZE TABLE t");
        assertThat(bench.value("SELECT COUNT(*) FROM information_schema.partitions WHERE table_schema = '"
                        + bench.schema() + "' AND table_name = 't' AND table_rows > 0"))
                .as("partitions that hold rows")
                .isNotIn("0", "1");
    }
}
