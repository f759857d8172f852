package dev.shoofly.verifier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.tuple;

import dev.shoofly.database.Comparer.Kind;
import dev.shoofly.database.throttle.Throttle;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.KeyEquality;
import dev.shoofly.model.KeyRange;
import dev.shoofly.model.MismatchPayload;
import dev.shoofly.model.RepairMode;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.VerifySettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class VerificationPassTest {
    private static final VerifySettings AS_IT_IS = new VerifySettings(RepairMode.OFF, 0, MismatchPayload.REDACTED);
    private final List<Mismatch> reported = new ArrayList<>();
    private final List<Long> settled = new ArrayList<>();

    @Test
    void equalTablesAreCleanAndEveryRangeIsVerified() {
        FakePipeline pipeline = new FakePipeline(1_000);
        VerificationReport report = settled(pipeline, 100).run();
        assertThat(report.isClean()).isTrue();
        assertThat(report.rowsCompared()).isEqualTo(1_000);
        List<KeyRange> verified = pipeline.compared;
        assertThat(settled).containsExactly(1_000L);
        assertThat(verified.get(0).lowerExclusive()).isNull();
        assertThat(verified.get(verified.size() - 1).upperInclusive()).isNull();
        for (int i = 1; i < verified.size(); i++) {
            assertThat(verified.get(i).lowerExclusive())
                    .isEqualTo(verified.get(i - 1).upperInclusive());
        }
    }

    @Test
    void findsMissingExtraAndDifferingRowsAlsoAtBothEnds() {
        FakePipeline pipeline = new FakePipeline(1_000);
        pipeline.shadow.remove(1L);
        pipeline.shadow.put(-5L, "never there");
        pipeline.shadow.put(500L, "row 500 ");
        pipeline.shadow.put(7_000L, "never there");
        VerificationReport report = settled(pipeline, 100).run();
        assertThat(report.isClean()).isFalse();
        assertThat(report.mismatchCount()).isEqualTo(4);
        assertThat(reported)
                .extracting(Mismatch::key, Mismatch::kind)
                .containsExactly(
                        tuple(RowKey.of("-5"), Kind.EXTRA),
                        tuple(RowKey.of("1"), Kind.MISSING),
                        tuple(RowKey.of("500"), Kind.DIFFERS),
                        tuple(RowKey.of("7000"), Kind.EXTRA));
        assertThat(report.message()).contains("4 mismatches (the first: key -5 extra)");
    }

    @Test
    void comparesSmallerRangesWhereRowsAreInFlightAndLargerOnesAgainBehind() {
        FakePipeline pipeline = new FakePipeline(40_000);
        for (long key = 1; key <= 20_000; key += 100) {
            pipeline.write(key, "in flight");
        }
        VerificationReport report = settled(pipeline, 4_000).run();
        assertThat(report.isClean()).isTrue();
        assertThat(report.rowsCompared()).isEqualTo(40_000);
        List<KeyRange> verified = pipeline.compared;
        List<Long> sizes = new ArrayList<>();
        for (int i = 1; i < verified.size() - 1; i++) {
            sizes.add(last(verified.get(i)) - last(verified.get(i - 1)));
        }
        assertThat(sizes).startsWith(2_000L, 1_000L, 500L, 250L, 250L);
        assertThat(sizes).allMatch(size -> size >= 250 && size <= 4_000).endsWith(4_000L);
    }

    private static long last(KeyRange range) {
        return Long.parseLong(
                Objects.requireNonNull(range.upperInclusive()).values().get(0));
    }

    @Test
    void anEmptyTableWithExtraRowsInTheShadowIsNotClean() {
        FakePipeline pipeline = new FakePipeline(0);
        pipeline.shadow.put(3L, "never there");
        assertThat(settled(pipeline, 100).run().mismatchCount()).isEqualTo(1);
    }

    @Test
    void findsEveryKeyOfMoreThanOnePageOfSuspects() {
        FakePipeline pipeline = new FakePipeline(2 * VerificationPass.BATCH + 500);
        pipeline.shadow.clear();
        VerificationReport report = settled(pipeline, 10_000).run();
        assertThat(report.mismatchCount()).isEqualTo(2 * VerificationPass.BATCH + 500);
        assertThat(report.mismatches()).hasSize(VerificationReport.LISTED);
        assertThat(report.complete()).isTrue();
    }

    @Test
    void stopsEarlyAndSaysSoWhenNearlyEverythingDiffers() {
        FakePipeline pipeline = new FakePipeline(20_000);
        pipeline.shadow.clear();
        VerificationReport report = settled(pipeline, 1_000).run();
        assertThat(report.complete()).isFalse();
        assertThat(report.mismatchCount()).isBetween(10_000L, 19_999L);
        assertThat(report.message()).contains("ended early");
    }

    @Test
    void aChangeBetweenTheMarkersIsNoMismatch() {
        FakePipeline pipeline = new FakePipeline(100);
        pipeline.write(50, "newer");
        AtomicInteger looks = new AtomicInteger();
        pipeline.beforeDifferences = () -> {
            if (looks.getAndIncrement() == 0) {
                pipeline.write(50, "newest");
            }
        };
        VerificationReport report = settled(pipeline, 100).run();
        assertThat(report.isClean()).isTrue();
        assertThat(looks.get())
                .as("differs at the first look, equal at the second")
                .isEqualTo(2);
    }

    @Test
    void aCorruptRowIsFoundAsSoonAsNoEqualKeyIsInFlight() {
        // Nothing is known of this key's equality, so every change may be the row's own.
        FakePipeline pipeline = new FakePipeline(100, KeyEquality.UNKNOWN);
        pipeline.shadow.put(50L, "corrupt");
        AtomicInteger looks = new AtomicInteger();
        pipeline.beforeDifferences = () -> {
            if (looks.getAndIncrement() < 2) {
                pipeline.write(51, "look " + looks.get());
            }
        };
        settled(pipeline, 100).run();
        assertThat(reported)
                .extracting(Mismatch::key, Mismatch::kind, Mismatch::columns, Mismatch::attempts)
                .containsExactly(tuple(RowKey.of("50"), Kind.DIFFERS, List.of("total"), 3));
    }

    @Test
    void aKeyThatChangesWithoutPauseIsUndecidedAndTheReportNotClean() {
        FakePipeline pipeline = new FakePipeline(100);
        pipeline.shadow.put(50L, "stale");
        AtomicInteger looks = new AtomicInteger();
        pipeline.beforeDifferences = () -> pipeline.write(50, "value " + looks.incrementAndGet());
        VerificationReport report =
                pass(pipeline, 100, Duration.ofMillis(100), pipeline::drain).run();
        assertThat(report.mismatchCount()).isZero();
        assertThat(report.undecided()).containsExactly(RowKey.of("50"));
        assertThat(report.isClean()).isFalse();
        assertThat(report.message()).contains("1 keys changed so often").contains("Verify again");
        assertThat(reported)
                .extracting(Mismatch::key, Mismatch::classification)
                .containsExactly(tuple(RowKey.of("50"), Classification.IN_FLIGHT));
    }

    @Test
    void aPipelineThatFailedEndsThePass() {
        FakePipeline pipeline = new FakePipeline(10);
        pipeline.shadow.remove(3L);
        VerificationPass pass = pass(pipeline, 100, Duration.ofSeconds(5), () -> {
            throw new ShooflyException(ErrorKind.DATA, "a value does not fit");
        });
        assertThat(catchThrowableOfType(ShooflyException.class, pass::run).kind())
                .isEqualTo(ErrorKind.DATA);
    }

    @Test
    void aMarkerThatDoesNotPassInTimeIsATransientError() {
        FakePipeline pipeline = new FakePipeline(10);
        MarkerFence fence = new MarkerFence(pipeline, pipeline.plan().id(), () -> {});
        ShooflyException error = catchThrowableOfType(ShooflyException.class, () -> fence.pass(Duration.ofMillis(50)));
        assertThat(error.kind()).isEqualTo(ErrorKind.TRANSIENT);
        assertThat(error).hasMessageContaining("marker 1").hasMessageContaining("at marker 0");
    }

    @Test
    void whoWaitsForAMarkerHurriesThoseWhoApplyItAndStillGoesByWhatTheyApplied() {
        FakePipeline pipeline = new FakePipeline(10);
        MarkerFence hurrying =
                new MarkerFence(pipeline, pipeline.plan().id(), Throttle.UNTHROTTLED, () -> {}, pipeline::drain);
        assertThat(hurrying.pass(Duration.ofSeconds(5))).isEqualTo(1);
        List<String> hurried = new ArrayList<>();
        MarkerFence inVain = new MarkerFence(
                pipeline, pipeline.plan().id(), Throttle.UNTHROTTLED, () -> {}, () -> hurried.add("in vain"));
        ShooflyException error = catchThrowableOfType(ShooflyException.class, () -> inVain.pass(Duration.ofMillis(50)));
        assertThat(error).hasMessageContaining("marker 2").hasMessageContaining("at marker 1");
        assertThat(hurried).isNotEmpty();
    }

    @Test
    void resumesAfterTheLastVerifiedRange() {
        FakePipeline pipeline = new FakePipeline(1_000);
        pipeline.shadow.remove(200L);
        pipeline.shadow.remove(800L);
        List<String> begun = new ArrayList<>();
        MismatchSink sink = new MismatchSink() {
            @Override
            public void begin() {
                begun.add("begun");
            }

            @Override
            public void report(Mismatch mismatch) {
                reported.add(mismatch);
            }
        };
        VerificationReport report = new VerificationPass(
                        VerificationSettings.of(pipeline.plan(), 100, AS_IT_IS),
                        pipeline.surroundings(pipeline::drain, sink),
                        new VerificationPosition(RowKey.of("500"), 500, (last, rows, open) -> settled.add(rows)))
                .run();
        assertThat(reported).extracting(Mismatch::key).containsExactly(RowKey.of("800"));
        assertThat(report.rowsCompared()).as("the first part counts").isEqualTo(1_000);
        assertThat(begun).as("what the first part reported stays").isEmpty();
    }

    @Test
    void rowsThatDifferAreWrittenAnewAndConfirmed() {
        FakePipeline pipeline = new FakePipeline(1_000);
        pipeline.shadow.remove(1L);
        pipeline.shadow.put(500L, "row 500 ");
        pipeline.shadow.put(7_000L, "never there");
        VerificationReport report = repairing(pipeline, 3);
        assertThat(report.isClean()).isTrue();
        assertThat(report.repairedCount()).isEqualTo(3);
        assertThat(report.message()).contains("3 rows differed and were written anew");
        assertThat(pipeline.shadow).isEqualTo(pipeline.source);
        for (String key : List.of("1", "500", "7000")) {
            assertThat(reported)
                    .filteredOn(each -> each.key().equals(RowKey.of(key)))
                    .as("the latest verdict comes last")
                    .extracting(Mismatch::classification, Mismatch::repair)
                    .containsExactly(
                            tuple(Classification.STABLE, RepairState.REQUESTED),
                            tuple(Classification.REPAIRED, RepairState.CONFIRMED));
        }
    }

    @Test
    void moreRowsThanTheLimitAreNotRepairedAndEndThePass() {
        FakePipeline pipeline = new FakePipeline(10_000);
        for (long key = 100; key < 104; key++) {
            pipeline.shadow.remove(key);
        }
        VerificationReport report = repairing(pipeline, 3);
        assertThat(report.complete()).isFalse();
        assertThat(report.repairedCount()).isZero();
        assertThat(report.mismatchCount()).isEqualTo(4);
        assertThat(report.rowsCompared()).isLessThan(10_000);
        assertThat(pipeline.shadow).doesNotContainKeys(100L, 101L, 102L, 103L);
        assertThat(reported)
                .extracting(Mismatch::classification, Mismatch::repair)
                .containsOnly(tuple(Classification.STABLE, RepairState.REFUSED));
    }

    @Test
    void aRowThatDiffersAfterItWasWrittenAnewStandsAgainstTheSwap() {
        FakePipeline pipeline = new FakePipeline(1_000);
        pipeline.shadow.put(500L, "not what the rule yields");
        pipeline.shadow.remove(600L);
        pipeline.unrepairable.addAll(List.of(500L, 600L));
        VerificationReport report = repairing(pipeline, 10);
        assertThat(report.isClean()).isFalse();
        assertThat(report.mismatchCount()).isEqualTo(2);
        assertThat(report.repairedCount()).isZero();
        assertThat(reported.subList(2, 4))
                .extracting(Mismatch::key, Mismatch::classification, Mismatch::repair)
                .containsExactlyInAnyOrder(
                        // In a column that is converted; the missing row has nothing to do with a conversion.
                        tuple(RowKey.of("500"), Classification.TRANSFORM_LOSS, RepairState.FAILED),
                        tuple(RowKey.of("600"), Classification.STABLE, RepairState.FAILED));
    }

    @Test
    void aRowThatChangesAgainRightAfterItsRepairIsNoMismatch() {
        FakePipeline pipeline = new FakePipeline(100);
        pipeline.shadow.remove(50L);
        AtomicInteger looks = new AtomicInteger();
        pipeline.beforeDifferences = () -> {
            if (looks.incrementAndGet() > 1) {
                pipeline.write(50, "look " + looks.get());
            }
        };
        VerificationReport report = repairing(pipeline, 10);
        assertThat(report.mismatchCount()).isZero();
        assertThat(report.undecided()).containsExactly(RowKey.of("50"));
        assertThat(reported.get(reported.size() - 1).classification()).isEqualTo(Classification.IN_FLIGHT);
    }

    /** A pass whose pipeline moves on whenever the fence waits. */
    private VerificationPass settled(FakePipeline pipeline, int chunkRows) {
        return pass(pipeline, chunkRows, Duration.ofSeconds(5), pipeline::drain);
    }

    private VerificationPass pass(
            FakePipeline pipeline, int chunkRows, Duration inFlightLimit, Runnable pipelineCheck) {
        return pass(pipeline, chunkRows, inFlightLimit, pipelineCheck, AS_IT_IS);
    }

    private VerificationReport repairing(FakePipeline pipeline, int limit) {
        return pass(
                        pipeline,
                        100,
                        Duration.ofMillis(100),
                        pipeline::drain,
                        new VerifySettings(RepairMode.AUTO, limit, MismatchPayload.REDACTED))
                .run();
    }

    private VerificationPass pass(
            FakePipeline pipeline,
            int chunkRows,
            Duration inFlightLimit,
            Runnable pipelineCheck,
            VerifySettings choices) {
        return new VerificationPass(
                new VerificationSettings(
                        pipeline.plan(), chunkRows, Duration.ofSeconds(5), inFlightLimit, 10_000, choices),
                pipeline.surroundings(pipelineCheck, reported::add),
                new VerificationPosition(null, 0, (last, rows, open) -> settled.add(rows)));
    }
}
