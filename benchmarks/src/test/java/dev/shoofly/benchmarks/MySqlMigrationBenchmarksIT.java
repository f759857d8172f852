package dev.shoofly.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.database.DatabaseKind;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class MySqlMigrationBenchmarksIT extends MigrationBenchmarksContract {
    @Override
    DatabaseKind kind() {
        return DatabaseKind.MYSQL;
    }

    @Test
    void verifyComparesABusyTableWithoutAFalseAlarmAndFindsEverySpoiledRow() throws Exception {
        try (MigrationBed bed = MigrationBed.startBusy(DatabaseKind.MYSQL)) {
            Duration second = Duration.ofSeconds(1);
            Report report = new VerifyBenchmark(bed, new VerifyOptions(ROWS, 40, second, second, List.of())).run();

            assertThat(report.headline().name()).isEqualTo("sweep beside copy");
            assertThat(report.headline().figure()).isPositive();
            assertThat(report.headline().limit()).isPositive();
            assertThat(report.details())
                    .containsEntry("falsePositives", 0)
                    .containsEntry("failedOperations", 0L)
                    .containsEntry("rowsSpoiledFound", 60L);
            assertThat((Integer) report.details().get("comparisonsUnderWrites")).isPositive();
        }
    }
}
