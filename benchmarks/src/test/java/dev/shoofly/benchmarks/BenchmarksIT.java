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
    void ratesAndLatenciesAreThoseOfChangesThatArrivedAndStandBesideTheirLimits() throws Exception {
        try (Bed bed = Bed.start(DatabaseKind.POSTGRES)) {
            Report apply = new ApplyBenchmark(bed, new ApplyOptions(ROWS, List.of(2), 1, 100)).run();

            assertThat(apply.comparisons())
                    .extracting(Comparison::name)
                    .containsExactly("new rows, partitions 2", "changed rows, partitions 2");
            assertMeasured(apply);
            assertThat(apply.json())
                    .contains("\"figure\":", "\"limit\":", "\"ratio\":", "\"cores\":", "\"batchKeys\":100");
            aWrongShadowIsNoResult(bed);

            execute(bed, "DROP TABLE orders");
            Report latency = new LatencyBenchmark(bed, new LatencyOptions(ROWS, 50, 2, 1, 2, 1, 1)).run();
            assertMeasured(latency);
            assertThat(latency.details()).containsEntry("changes", 100).containsKey("memory");
        }
    }

    @Test
    void theCaptureTakesTheTablesChangesAndPassesOverAllOthers() throws Exception {
        try (Bed bed = Bed.start(DatabaseKind.MYSQL)) {
            Report capture = new CaptureBenchmark(bed, new CaptureOptions(ROWS, 2)).run();

            assertThat(capture.comparisons()).hasSize(4);
            assertMeasured(capture);
        }
    }

    private static void assertMeasured(Report report) {
        assertThat(report.comparisons()).isNotEmpty().allSatisfy(each -> {
            assertThat(each.figure()).isPositive();
            assertThat(each.limit()).isPositive();
            assertThat(each.ratio()).isPositive();
        });
        assertThat(report.comparisons()).contains(report.headline());
    }

    private static void aWrongShadowIsNoResult(Bed bed) throws Exception {
        try (Migrated migrated = Migrated.prepare(bed, 1)) {
            String shadow = "\"" + migrated.plan().shadow().table() + "\"";
            execute(bed, "INSERT INTO " + shadow + " SELECT * FROM orders");
            migrated.requireEqual(ROWS);
            execute(bed, "UPDATE " + shadow + " SET version = -1 WHERE id = 7");
            assertThatThrownBy(() -> migrated.requireEqual(ROWS)).isInstanceOf(BenchmarkFailure.class);
        }
    }

    private static void execute(Bed bed, String sql) throws Exception {
        try (Connection connection = bed.connect();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
