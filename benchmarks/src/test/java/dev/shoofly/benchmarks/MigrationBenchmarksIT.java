package dev.shoofly.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.benchmarks.changes.Operation;
import dev.shoofly.benchmarks.reference.Contents;
import dev.shoofly.benchmarks.reference.ReferenceTable;
import dev.shoofly.database.DatabaseKind;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Tiny runs of whole migrations, each in a process of its own. Their figures mean nothing. */
@Timeout(900)
class MigrationBenchmarksIT {
    private static final int ROWS = 10_000;

    @ParameterizedTest
    @EnumSource(DatabaseKind.class)
    void copyMeasuresAMigrationThatCopiedEveryRowAndBuiltEveryIndexBesidePlainCopies(DatabaseKind kind)
            throws Exception {
        try (MigrationBed bed = MigrationBed.startIdle(kind)) {
            // The extra option reaches the command, which would refuse one that it does not know.
            CopyOptions options = new CopyOptions(ROWS, List.of(1, 2), List.of("--chunk-rows", "1000"));
            Report report = new CopyBenchmark(bed, options).run();

            assertThat(report.headline().name()).isEqualTo("copy and indexes");
            assertThat(report.comparisons()).allSatisfy(each -> {
                assertThat(each.figure()).isPositive();
                assertThat(each.limit()).isPositive();
            });
            assertThat(report.headline().figure())
                    .as("part of the whole run")
                    .isLessThan(report.comparisons().get(2).figure());
            assertThat(report.details())
                    .containsKeys("phaseSeconds", "peakResidentMiB", "collector", "cpuSecondsOfWholeMigration");
            assertThat((List<?>) report.details().get("limitRuns")).hasSize(4);
            assertThat((Map<?, ?>) report.details().get("phaseSeconds"))
                    .extracting(Map::keySet)
                    .asInstanceOf(InstanceOfAssertFactories.SET)
                    .contains("preparing", "copying", "synchronizing", "validating", "ready", "cutover");
            assertThat((Long) report.details().get("peakResidentMiB")).isPositive();
            assertThat(report.json()).contains("\"ratio\":", "\"migrateOptions\":[\"--chunk-rows\",\"1000\"]");
        }
    }

    @ParameterizedTest
    @EnumSource(DatabaseKind.class)
    void changesMeasuresTheLongestGapOfEachAndWhichPathItTook(DatabaseKind kind) throws Exception {
        List<Operation> some = Operation.all(kind).stream()
                .filter(operation -> Set.of("add a nullable column", "create an index", "rename the table")
                        .contains(operation.name()))
                .toList();
        try (MigrationBed bed = MigrationBed.startBusy(kind)) {
            Report report = new ChangesBenchmark(bed, ROWS, some).run();

            assertThat(report.comparisons()).hasSize(3).allSatisfy(each -> {
                assertThat(each.figure()).isPositive();
                assertThat(each.limit()).isGreaterThanOrEqualTo(1_000);
            });
            assertThat(String.valueOf(report.details().get("add a nullable column")))
                    .startsWith("INSTANT")
                    .contains("failed statements: 0");
            assertThat(String.valueOf(report.details().get("create an index")))
                    .startsWith("ONLINE")
                    .contains("failed statements: 0");
        }
    }

    @ParameterizedTest
    @EnumSource(DatabaseKind.class)
    void loadMeasuresAnApplicationThatGoesOnThroughAMigrationAndFindsEachOfItsWritesAfterwards(DatabaseKind kind)
            throws Exception {
        try (MigrationBed bed = MigrationBed.startBusy(kind)) {
            Report report = new LoadBenchmark(bed, new LoadOptions(ROWS, 40, 1, 3, 1, List.of())).run();

            assertThat(report.headline().name()).isEqualTo("write response, p99");
            assertThat(report.headline().figure()).isPositive();
            assertThat(report.headline().limit()).isPositive();
            assertThat(report.details())
                    .containsEntry("failedOperations", 0L)
                    .containsKeys("byPhase", "longestWriteGapMillisAtCutover", "writeP50OverheadPercent", "after");
            assertThat((Long) report.details().get("acknowledgedWrites")).isGreaterThan(100);
            assertThat((Long) report.details().get("rowsChecked")).isGreaterThan(ROWS);
            assertThat((Double) report.details().get("longestWriteGapMillisAtCutover"))
                    .isPositive();
        }
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
