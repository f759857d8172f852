package dev.shoofly.benchmarks;

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
