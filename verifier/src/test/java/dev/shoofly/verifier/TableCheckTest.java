package dev.shoofly.verifier;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.database.Comparer.Kind;
import dev.shoofly.database.connection.Retry;
import dev.shoofly.database.throttle.Throttle;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationMetrics;
import dev.shoofly.model.MismatchPayload;
import dev.shoofly.model.RepairMode;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.VerifySettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class TableCheckTest {
    private final List<Mismatch> reported = new ArrayList<>();

    @Test
    void findsEveryKindOfDifferenceAndNothingElse() {
        FakePipeline pipeline = new FakePipeline(1_000);
        pipeline.shadow.remove(1L);
        pipeline.shadow.put(500L, "other");
        pipeline.shadow.put(7_000L, "never there");
        CheckReport report = check(pipeline, RepairMode.OFF).run(new CheckScope.Full());
        assertThat(report.rowsCompared()).isEqualTo(1_000);
        assertThat(report.mismatchCount()).isEqualTo(3);
        assertThat(report.found()).extracting(Mismatch::kind).containsExactly(Kind.MISSING, Kind.DIFFERS, Kind.EXTRA);
        assertThat(reported).hasSize(3);
    }

    @Test
    void aRowInFlightIsNoMismatch() {
        FakePipeline pipeline = new FakePipeline(1_000);
        pipeline.write(17, "new");
        CheckReport report = check(pipeline, RepairMode.OFF).run(new CheckScope.Full());
        assertThat(report.mismatchCount()).isZero();
        assertThat(report.lagCount()).isEqualTo(1);
        assertThat(reported).isEmpty();
    }

    @Test
    void repairsWhatDiffersWhenAsked() {
        FakePipeline pipeline = new FakePipeline(100);
        pipeline.shadow.put(50L, "other");
        CheckReport report = check(pipeline, RepairMode.AUTO).run(new CheckScope.Full());
        assertThat(report.mismatchCount()).isZero();
        assertThat(report.repairedCount()).isEqualTo(1);
        assertThat(pipeline.shadow).isEqualTo(pipeline.source);
    }

    @Test
    void comparesTheseKeysAndTellsWhichThereAreNot() {
        FakePipeline pipeline = new FakePipeline(100);
        pipeline.shadow.put(50L, "other");
        pipeline.shadow.put(60L, "other");
        pipeline.shadow.put(200L, "extra");
        CheckReport report =
                check(pipeline, RepairMode.OFF).run(new CheckScope.Keys(List.of(key(49), key(50), key(200), key(300))));
        assertThat(report.rowsCompared()).isEqualTo(2);
        assertThat(report.found()).extracting(Mismatch::key).containsExactly(key(50), key(200));
        assertThat(report.absent()).containsExactly(key(300));
    }

    /** Nobody passes a marker on: the rows are told, the rest is compared, and nobody hangs. */
    @Test
    void whereNothingCanBeSettledItSaysSoAndGoesOn() {
        FakePipeline pipeline = new FakePipeline(5_000);
        for (long key = 1; key <= 2_500; key++) {
            pipeline.shadow.put(key, "other");
        }
        Runnable inVain = () -> {
            throw new ShooflyException(ErrorKind.REFUSED, "nobody applies");
        };
        CheckReport report = check(pipeline.surroundings(inVain, reported::add), pipeline, RepairMode.OFF, 1)
                .run(new CheckScope.Full());
        assertThat(report.rowsCompared()).isEqualTo(5_000);
        assertThat(report.mismatchCount()).isZero();
        assertThat(report.unsettled()).hasSize(2_500);
        assertThat(report.unsettledBecause()).isEqualTo("nobody applies");
        assertThat(reported).isEmpty();
    }

    /** Without the topic a row that differs may have been changed between any two looks. */
    @Test
    void withoutTheTopicWhatDiffersStaysUndecided() {
        FakePipeline pipeline = new FakePipeline(100);
        pipeline.shadow.put(50L, "other");
        pipeline.write(60, "in flight");
        Surroundings known = pipeline.surroundings(pipeline::drain, reported::add);
        Surroundings unknown = new Surroundings(
                known.comparer(),
                known.fence(),
                new UnknownChanges(),
                known.dirtyKeys(),
                known.sinks(),
                Throttle.UNTHROTTLED,
                MigrationMetrics.NONE);
        CheckReport report = check(unknown, pipeline, RepairMode.OFF, 1).run(new CheckScope.Full());
        assertThat(report.mismatchCount()).isZero();
        assertThat(report.undecidedCount()).isEqualTo(1);
        assertThat(report.lagCount()).isEqualTo(1);
        assertThat(report.found())
                .extracting(Mismatch::key, Mismatch::classification)
                .containsExactly(org.assertj.core.api.Assertions.tuple(key(50), Classification.IN_FLIGHT));
    }

    @Test
    void aSampleComparesAboutItsShareAndOtherRowsEachTime() {
        FakePipeline pipeline = new FakePipeline(100_000);
        long rows = 0;
        for (int seed = 0; seed < 20; seed++) {
            CheckReport report = check(
                            pipeline.surroundings(pipeline::drain, reported::add), pipeline, RepairMode.OFF, seed)
                    .run(new CheckScope.Sample(0.05));
            rows += report.rowsCompared();
            assertThat(report.rowsCompared()).isBetween(4_000L, 6_000L);
        }
        assertThat(rows).isBetween(90_000L, 110_000L);
        assertThat(pipeline.compared.stream().distinct().count()).isGreaterThan(400);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 150, 200, 201})
    void aSampleOfASmallTableIsNotEmpty(int rows) {
        FakePipeline pipeline = new FakePipeline(rows);
        CheckReport report = check(pipeline, RepairMode.OFF).run(new CheckScope.Sample(0.001));
        assertThat(report.rowsCompared()).isPositive();
    }

    private TableCheck check(FakePipeline pipeline, RepairMode repair) {
        return check(pipeline.surroundings(pipeline::drain, reported::add), pipeline, repair, 1);
    }

    private static TableCheck check(Surroundings surroundings, FakePipeline pipeline, RepairMode repair, int seed) {
        VerificationSettings settings = new VerificationSettings(
                pipeline.plan(),
                1_000,
                Duration.ofSeconds(5),
                Duration.ofMillis(200),
                10_000,
                new VerifySettings(repair, 100, MismatchPayload.REDACTED));
        return new TableCheck(settings, surroundings, Retry.OUTLAST_RESTART, new Random(seed), () -> 3);
    }

    private static RowKey key(long number) {
        return FakePipeline.key(number);
    }
}
