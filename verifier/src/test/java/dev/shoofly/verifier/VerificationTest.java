package dev.shoofly.verifier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.shoofly.database.control.VerificationState;
import dev.shoofly.model.KeyEquality;
import dev.shoofly.model.KeyRange;
import dev.shoofly.model.MismatchPayload;
import dev.shoofly.model.RepairMode;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.VerifySettings;
import dev.shoofly.verifier.sweep.LocalRanges;
import dev.shoofly.verifier.sweep.ParallelRanges;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class VerificationTest {
    private VerificationPass.Source ranges = LocalRanges::new;
    private final List<Mismatch> reported = new ArrayList<>();
    private final List<RowKey> withdrawn = new ArrayList<>();
    private final MemoryStore store = new MemoryStore();

    /** Survives what a process does not. */
    private static final class MemoryStore implements VerificationStore {
        private @Nullable VerificationState saved;
        private Consumer<VerificationState> beforeSave = state -> {};

        @Override
        public Optional<VerificationState> find() {
            return Optional.ofNullable(saved);
        }

        @Override
        public void save(VerificationState state) {
            beforeSave.accept(state);
            saved = state;
        }

        VerificationState saved() {
            return Objects.requireNonNull(saved);
        }
    }

    private static final class Killed extends RuntimeException {}

    @Test
    void aKilledVerificationComparesOnlyWhatWasNotComparedAndWhatChangedSince() {
        FakePipeline pipeline = new FakePipeline(10_000);
        killAfterTheFirstSweptPart(pipeline);
        RowKey reached = Objects.requireNonNull(store.saved().after());
        pipeline.compared.clear();
        // While nobody verified: one that the applier lost, where the sweep had been.
        pipeline.unrepairable.add(7L);
        pipeline.write(7, "changed meanwhile");
        pipeline.write(8, "changed and applied");

        VerificationReport report = resumed(pipeline, RepairMode.OFF).run();
        assertThat(pipeline.compared)
                .extracting(KeyRange::lowerExclusive)
                .startsWith(reached)
                .doesNotContainNull();
        assertThat(report.rowsCompared()).isEqualTo(10_000);
        assertThat(report.complete()).isTrue();
        assertThat(reported).extracting(Mismatch::key).containsExactly(RowKey.of("7"));
    }

    @Test
    void whatSeveralThreadsHadComparedAheadIsNotTrustedAfterAKill() {
        ranges = (comparer, throttle) -> new ParallelRanges(comparer, throttle, () -> 3);
        FakePipeline pipeline = new FakePipeline(10_000);
        killAfterTheFirstSweptPart(pipeline);
        RowKey reached = Objects.requireNonNull(store.saved().after());
        assertThat(pipeline.compared).extracting(KeyRange::lowerExclusive).contains(reached);
        pipeline.compared.clear();
        long ahead = Long.parseLong(reached.values().get(0)) + 1;
        pipeline.shadow.put(ahead, "somebody's");

        VerificationReport report = resumed(pipeline, RepairMode.OFF).run();
        assertThat(report.rowsCompared()).isEqualTo(10_000);
        assertThat(report.complete()).isTrue();
        assertThat(reported).extracting(Mismatch::key).containsExactly(FakePipeline.key(ahead));
        assertThat(pipeline.compared)
                .extracting(KeyRange::lowerExclusive)
                .contains(reached)
                .doesNotContainNull();
    }

    @Test
    void aRowThatDiffersIsFoundWhoseThreadEverComparesIt() {
        ranges = (comparer, throttle) -> new ParallelRanges(comparer, throttle, () -> 3);
        FakePipeline pipeline = new FakePipeline(10_000);
        pipeline.shadow.remove(1L);
        pipeline.shadow.put(5_000L, "other");
        pipeline.shadow.put(20_000L, "never there");
        assertThat(resumed(pipeline, RepairMode.OFF).run().rowsCompared()).isEqualTo(10_000);
        assertThat(reported)
                .extracting(Mismatch::key)
                .containsExactly(RowKey.of("1"), RowKey.of("5000"), RowKey.of("20000"));
    }

    @Test
    void aRowThatWasLookedAtAgainAfterTheKillIsReportedOnce() {
        FakePipeline pipeline = new FakePipeline(10_000);
        killAfterTheFirstSweptPart(pipeline);
        pipeline.shadow.remove(9_999L);
        VerificationReport report = resumed(pipeline, RepairMode.AUTO).run();
        assertThat(report.isClean()).as(report.message()).isTrue();
        assertThat(report.repairedCount()).isEqualTo(1);
        assertThat(store.saved().repaired()).isEqualTo(1);
        assertThat(store.saved().swept()).isTrue();
    }

    @Test
    void afterAFailureEverythingIsComparedAnew() {
        FakePipeline pipeline = new FakePipeline(10_000);
        pipeline.shadow.remove(9_000L);
        assertThat(resumed(pipeline, RepairMode.OFF).run().mismatchCount()).isEqualTo(1);
        assertThat(store.saved().isBegun()).isFalse();
        // Past the log, behind the sweep's back: only a sweep finds it.
        pipeline.shadow.put(9_000L, "row 9000");
        pipeline.shadow.put(5L, "somebody's");
        reported.clear();
        VerificationReport report = resumed(pipeline, RepairMode.OFF).run();
        assertThat(reported).extracting(Mismatch::key).containsExactly(RowKey.of("5"));
        assertThat(report.rowsCompared()).isEqualTo(10_000);
    }

    @Test
    void aMigrationThatAnEarlierVersionVerifiedIsNotSweptAgain() {
        assertThat(resumed(new FakePipeline(10), RepairMode.OFF).mustSweep()).isFalse();
    }

    @Test
    void whatChangesAfterTheSweepIsComparedAgain() {
        FakePipeline pipeline = new FakePipeline(1_000);
        Verification verification = resumed(pipeline, RepairMode.OFF);
        assertThat(verification.run().isClean()).isTrue();
        assertThat(resumed(pipeline, RepairMode.OFF).mustSweep()).isFalse();
        long marker = verification.state().marker();
        pipeline.write(1, "newer");
        pipeline.write(2, null);
        assertThat(verification.follow()).isEqualTo(new Verification.Step(true, 0, true));
        assertThat(verification.state().marker()).isGreaterThan(marker);

        pipeline.unrepairable.add(3L);
        pipeline.write(3, "lost by the applier");
        assertThat(verification.follow().sound()).isFalse();
        assertThat(reported)
                .extracting(Mismatch::key, Mismatch::classification)
                .containsExactly(tuple(RowKey.of("3"), Classification.STABLE));
        assertThat(store.saved().isBegun()).as("nothing is trusted any more").isFalse();
        assertThat(resumed(pipeline, RepairMode.OFF).mustSweep()).isTrue();
    }

    @Test
    void repairsOfAllPassesCountByTheLimit() {
        FakePipeline pipeline = new FakePipeline(1_000);
        pipeline.shadow.remove(1L);
        pipeline.shadow.remove(2L);
        assertThat(resumed(pipeline, RepairMode.AUTO).run().isClean()).isTrue();
        store.save(VerificationState.anew(store.saved().repaired()));
        pipeline.shadow.remove(3L);
        pipeline.shadow.remove(4L);
        VerificationReport report = resumed(pipeline, RepairMode.AUTO).run();
        assertThat(report.complete()).isFalse();
        assertThat(report.mismatchCount()).isEqualTo(2);
    }

    @Test
    void aRowThatDiffersForGoodIsNotForgottenBecauseOthersOfItsTokenChange() {
        // Nothing is known of this key's equality, so every change may be the row's own.
        FakePipeline pipeline = new FakePipeline(100, KeyEquality.UNKNOWN);
        Verification verification = resumed(pipeline, RepairMode.OFF);
        assertThat(verification.run().isClean()).isTrue();
        pipeline.unrepairable.add(50L);
        pipeline.write(50, "lost by the applier");
        pipeline.beforeDifferences = () -> pipeline.write(51, "" + System.nanoTime());
        assertThat(verification.follow()).isEqualTo(new Verification.Step(true, 1, true));
        assertThat(store.saved().open()).containsExactly(RowKey.of("50"));
        pipeline.beforeDifferences = () -> {};

        // Another process goes on.
        assertThat(resumed(pipeline, RepairMode.OFF).follow().sound()).isFalse();
        assertThat(reported).extracting(Mismatch::key).containsExactly(RowKey.of("50"));
    }

    @Test
    void whatWasSaidOfARowInFlightIsWithdrawnWhenItIsEqual() {
        FakePipeline pipeline = new FakePipeline(100);
        pipeline.shadow.put(50L, "stale");
        int[] looks = {0};
        pipeline.beforeDifferences = () -> {
            if (++looks[0] < 6) {
                pipeline.write(50, "look " + looks[0]);
            }
        };
        Verification verification = resumed(pipeline, RepairMode.OFF);
        verification.run();
        pipeline.drain();
        verification.follow();
        assertThat(reported).extracting(Mismatch::classification).contains(Classification.IN_FLIGHT);
        assertThat(withdrawn).containsExactly(RowKey.of("50"));
        assertThat(verification.report().undecidedCount()).isZero();
    }

    @Test
    void whatChangedInALongSweepIsComparedAfterAKillRightBehindItsLastRange() throws InterruptedException {
        FakePipeline pipeline = new FakePipeline(10_000);
        store.beforeSave = state -> {
            if (state.after() != null) {
                // Where the sweep has been.
                pipeline.unrepairable.add(1L);
                pipeline.write(1, "lost by the applier");
            }
            if (store.saved != null && store.saved.swept()) {
                throw new Killed();
            }
        };
        Verification killed = resumed(pipeline, RepairMode.OFF);
        // Longer than what changes is left alone in a sweep.
        TimeUnit.MILLISECONDS.sleep(2_100);
        assertThatThrownBy(killed::run).hasCauseInstanceOf(Killed.class);
        assertThat(store.saved().swept()).isTrue();
        store.beforeSave = state -> {};
        pipeline.compared.clear();
        reported.clear();

        assertThat(resumed(pipeline, RepairMode.OFF).run().mismatchCount()).isEqualTo(1);
        assertThat(pipeline.compared).as("ranges compared twice").isEmpty();
        assertThat(reported).extracting(Mismatch::key).containsExactly(RowKey.of("1"));
    }

    @Test
    void whatChangesBehindAMarkerThatTheSweepDidNotWaitForItselfIsComparedAgain() {
        FakePipeline pipeline = new FakePipeline(10_000);
        Verification verification = resumed(pipeline, RepairMode.OFF);
        verification.markerComes();
        long marker = pipeline.next();
        pipeline.drain();
        verification.markerPassed(marker);
        // In the topic before the sweep begins, behind that marker, and not to be seen before the sweep has been there.
        pipeline.unrepairable.add(1L);
        String transaction = pipeline.logged(1);
        pipeline.deliver();
        store.beforeSave = state -> {
            if (state.after() != null) {
                pipeline.visible(transaction, 1, "lost by the applier");
            }
        };

        assertThat(verification.run().mismatchCount()).isEqualTo(1);
        assertThat(reported).extracting(Mismatch::key).containsExactly(RowKey.of("1"));
    }

    @Test
    void aMarkerThatHasNotPassedIsNotReliedUpon() {
        FakePipeline pipeline = new FakePipeline(1_000);
        Verification verification = resumed(pipeline, RepairMode.OFF);
        verification.markerComes();
        long neverPassed = pipeline.next();
        List<Long> markers = new ArrayList<>();
        store.beforeSave = state -> {
            markers.add(state.marker());
            assertThat(pipeline.passedByAll()).isGreaterThanOrEqualTo(state.marker());
        };
        assertThat(verification.run().isClean()).isTrue();
        assertThat(markers.get(0)).isGreaterThan(neverPassed);
    }

    @Test
    void aMarkerThatCameWhenASweepHadBegunIsNotTheNextOnes() {
        FakePipeline pipeline = new FakePipeline(10_000);
        killAfterTheFirstSweptPart(pipeline);
        pipeline.shadow.remove(9_999L);
        Verification verification = resumed(pipeline, RepairMode.OFF);
        verification.markerComes();
        long marker = pipeline.next();
        pipeline.drain();
        verification.markerPassed(marker);
        assertThat(verification.run().mismatchCount()).isEqualTo(1);
        assertThat(store.saved().isBegun()).isFalse();

        assertThat(verification.run().rowsCompared()).isEqualTo(10_000);
        assertThat(store.saved().marker()).isZero();
    }

    private void killAfterTheFirstSweptPart(FakePipeline pipeline) {
        store.beforeSave = state -> {
            if (state.after() != null && store.saved().after() != null) {
                throw new Killed();
            }
        };
        assertThatThrownBy(() -> resumed(pipeline, RepairMode.OFF).run()).hasCauseInstanceOf(Killed.class);
        store.beforeSave = state -> {};
        assertThat(store.saved().rows()).isBetween(1L, 9_999L);
    }

    /** As a new process does. */
    private Verification resumed(FakePipeline pipeline, RepairMode repair) {
        MismatchSink sink = new MismatchSink() {
            @Override
            public void report(Mismatch mismatch) {
                reported.add(mismatch);
            }

            @Override
            public void withdraw(RowKey key) {
                withdrawn.add(key);
            }
        };
        Verification verification = new Verification(
                new VerificationSettings(
                        pipeline.plan(),
                        100,
                        Duration.ofSeconds(5),
                        Duration.ZERO,
                        10_000,
                        new VerifySettings(repair, 3, MismatchPayload.REDACTED)),
                pipeline.surroundings(pipeline::drain, sink),
                store,
                ranges);
        verification.open();
        return verification;
    }
}
