package dev.shoofly.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.benchmarks.changes.Operation;
import dev.shoofly.database.DatabaseKind;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tiny runs of whole migrations, each in a process of its own, on one of the databases. Their figures mean nothing. */
@Timeout(900)
abstract class MigrationBenchmarksContract {
    static final int ROWS = 10_000;

    abstract DatabaseKind kind();

    @Test
    void copyMeasuresAMigrationThatCopiedEveryRowAndBuiltEveryIndexBesidePlainCopies() throws Exception {
        try (MigrationBed bed = MigrationBed.startIdle(kind())) {
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

    @Test
    void changesMeasuresTheLongestGapOfEachAndWhichPathItTook() throws Exception {
        List<Operation> some = Operation.all(kind()).stream()
                .filter(operation -> Set.of("add a nullable column", "create an index", "rename the table")
                        .contains(operation.name()))
                .toList();
        try (MigrationBed bed = MigrationBed.startBusy(kind())) {
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

    @Test
    void loadMeasuresAnApplicationThatGoesOnThroughAMigrationAndFindsEachOfItsWritesAfterwards() throws Exception {
        try (MigrationBed bed = MigrationBed.startBusy(kind())) {
            Report report = new LoadBenchmark(bed, new LoadOptions(ROWS, 40, 1, 3, 1, 1, 1, List.of())).run();

            assertThat(report.headline().name()).isEqualTo("write response, p99");
            assertThat(report.headline().figure()).isPositive();
            assertThat(report.headline().limit()).isPositive();
            assertThat(report.details())
                    .containsEntry("failedOperations", 0L)
                    .containsKeys("byPhase", "longestWriteGapMillisAtCutover", "writeP50OverheadPercent", "after");
            assertThat(report.comparisons())
                    .filteredOn(each -> each.name().endsWith("beside a plain copy"))
                    .hasSize(3)
                    .allSatisfy(each -> assertThat(each.limit()).isPositive());
            assertThat(report.comparisons())
                    .filteredOn(each -> each.name().endsWith("beside a bare reader of the log"))
                    .singleElement()
                    .satisfies(each -> assertThat(each.limit()).isPositive());
            assertThat(report.details()).containsKey("bareLogReader");
            assertThat((Double) report.details().get("plainCopySeconds")).isPositive();
            assertThat((Long) report.details().get("acknowledgedWrites")).isGreaterThan(100);
            assertThat((Long) report.details().get("rowsChecked")).isGreaterThan(ROWS);
            assertThat((Double) report.details().get("longestWriteGapMillisAtCutover"))
                    .isPositive();
        }
    }
}
