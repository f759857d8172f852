package dev.shoofly.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.benchmarks.reference.Contents;
import dev.shoofly.benchmarks.reference.ReferenceTable;
import dev.shoofly.database.DatabaseKind;
import java.math.BigDecimal;
import java.util.List;
import org.junit.jupiter.api.Test;

class PostgresMigrationBenchmarksIT extends MigrationBenchmarksContract {
    @Override
    DatabaseKind kind() {
        return DatabaseKind.POSTGRES;
    }

    @Test
    void cutoverMeasuresEachSwapThereAndBackAndFindsEachWriteAfterwards() throws Exception {
        try (MigrationBed bed = MigrationBed.startBusy(DatabaseKind.POSTGRES)) {
            Report report = new CutoverBenchmark(bed, new CutoverOptions(ROWS, 40, 1, 0, 2, List.of())).run();

            assertThat(report.headline().name()).isEqualTo("load, cut-over, write stall, median");
            assertThat(report.comparisons()).hasSize(16).allSatisfy(each -> {
                assertThat(each.figure()).isPositive();
                assertThat(each.limit()).isPositive();
            });
            assertThat(report.details())
                    .containsEntry("quiet, failed operations", 0L)
                    .containsEntry("load, failed operations", 0L);
            assertThat((List<?>) report.details().get("load, rollback, longest write of each"))
                    .hasSize(1);
            assertThat((Long) report.details().get("load, acknowledged writes")).isGreaterThan(100);
        }
    }

    @Test
    void aPlainCopyThatIsNotEqualToItsSourceIsNoLimit() throws Exception {
        try (MigrationBed bed = MigrationBed.startIdle(DatabaseKind.POSTGRES)) {
            ReferenceTable.POSTGRES.create(bed.server(), ROWS);
            Contents wrong = new Contents(ROWS, BigDecimal.ONE);

            assertThatThrownBy(() -> new CopyLimit(bed.server(), ROWS).run(ReferenceTable.NAME, wrong, 1))
                    .isInstanceOf(BenchmarkFailure.class)
                    .hasMessageContaining("the plain copy is wrong");
        }
    }

    @Test
    void aMigrationThatDoesNotCompleteIsAFailureWithTheCommandsLastWords() throws Exception {
        try (MigrationBed bed = MigrationBed.startIdle(DatabaseKind.POSTGRES)) {
            ReferenceTable.POSTGRES.create(bed.server(), 10);

            assertThatThrownBy(() -> new ShooflyRun(
                                    bed.server(), bed.directory("shoofly"), List.of("--partitions", "none"))
                            .run())
                    .isInstanceOf(BenchmarkFailure.class)
                    .hasMessageContaining("exit code 2")
                    .hasMessageContaining("--partitions");
        }
    }
}
