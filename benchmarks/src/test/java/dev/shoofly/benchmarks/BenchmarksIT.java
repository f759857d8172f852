package dev.shoofly.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.database.DatabaseKind;
import java.sql.Connection;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tiny runs: that each benchmark measures what it says and looks at what it measured. Their figures mean nothing. */
@Timeout(120)
class BenchmarksIT {
    private static final int ROWS = 600;

    @Test
    void theApplyRateIsThatOfEveryRowReconciledAndIsReportedBesideItsLimit() throws Exception {
        try (Bed bed = Bed.start(DatabaseKind.POSTGRES)) {
            Report report = new ApplyBenchmark(bed, new ApplyOptions(ROWS, List.of(2), 1, 100)).run();

            assertThat(report.comparisons())
                    .extracting(Comparison::name)
                    .containsExactly("new rows, partitions 2", "changed rows, partitions 2");
            assertThat(report.comparisons()).allSatisfy(each -> {
                assertThat(each.figure()).isPositive();
                assertThat(each.limit()).isPositive();
                assertThat(each.ratio()).isPositive();
            });
            assertThat(report.json())
                    .contains("\"figure\":", "\"limit\":", "\"ratio\":", "\"cores\":", "\"batchKeys\":100");
            aWrongShadowIsNoResult(bed);
        }
    }

    private static void aWrongShadowIsNoResult(Bed bed) throws Exception {
        try (Migrated migrated = Migrated.prepare(bed, 1);
                Connection connection = bed.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("INSERT INTO \"" + migrated.plan().shadow().table() + "\" SELECT * FROM orders");
            migrated.requireEqual(ROWS);
            statement.execute("UPDATE \"" + migrated.plan().shadow().table() + "\" SET version = -1 WHERE id = 7");
            assertThatThrownBy(() -> migrated.requireEqual(ROWS)).isInstanceOf(BenchmarkFailure.class);
        }
    }
}
