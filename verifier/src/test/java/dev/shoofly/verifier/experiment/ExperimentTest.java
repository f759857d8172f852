package dev.shoofly.verifier.experiment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.verifier.experiment.Observation.Result;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ExperimentTest {
    private static final int OFTEN = 100;
    private final List<Observation> seen = new ArrayList<>();

    @Test
    void theControlsAnswerIsReturnedWhateverTheCandidateAnswers() {
        assertThat(Experiment.of("read", () -> "old", () -> "new", seen::add).run())
                .isEqualTo("old");
        assertThat(Experiment.of("read", () -> "old", () -> "old", seen::add).run())
                .isEqualTo("old");
        assertThat(seen).extracting(Observation::result).containsExactly(Result.DIFFERS, Result.SAME);
        assertThat(seen)
                .allMatch(each -> !each.control().isNegative() && each.name().equals("read"));
    }

    @Test
    void nothingThatTheCandidateThrowsReachesTheCaller() {
        for (Throwable thrown : List.of(
                new IOException("away"),
                new IllegalStateException("no"),
                new NoClassDefFoundError("x"),
                new StackOverflowError())) {
            for (int i = 0; i < OFTEN; i++) {
                assertThat(Experiment.of("read", () -> 1, () -> fail(thrown), seen::add)
                                .run())
                        .isEqualTo(1);
            }
        }
        assertThat(seen).hasSize(4 * OFTEN).allMatch(each -> each.result() == Result.FAILED && each.failure() != null);
    }

    @Test
    void anInterruptionIsNotSwallowedWithTheCandidate() {
        assertThat(Experiment.of("read", () -> 1, () -> fail(new InterruptedException()), seen::add)
                        .run())
                .isEqualTo(1);
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void neitherTheComparisonNorTheListenerReachesTheCaller() {
        Experiment<Integer, RuntimeException> experiment = Experiment.of("read", () -> 1, () -> 1, seen::add);
        assertThat(experiment
                        .comparing((left, right) -> {
                            throw new IllegalStateException("cannot compare");
                        })
                        .run())
                .isEqualTo(1);
        assertThat(seen).extracting(Observation::result).containsExactly(Result.FAILED);
        assertThat(Experiment.of("read", () -> 1, () -> 1, each -> {
                            throw new IllegalStateException("full");
                        })
                        .run())
                .isEqualTo(1);
    }

    @Test
    void theControlsExceptionIsTheCallers() {
        IOException thrown = new IOException("gone");
        Experiment.Behaviour<Integer, IOException> control = () -> {
            throw thrown;
        };
        for (int i = 0; i < OFTEN; i++) {
            assertThatThrownBy(() ->
                            Experiment.of("read", control, () -> 1, seen::add).run())
                    .isSameAs(thrown);
        }
        assertThat(seen).isEmpty();
    }

    @Test
    void eitherGoesFirst() {
        AtomicInteger clock = new AtomicInteger();
        int candidateFirst = 0;
        for (int i = 0; i < OFTEN; i++) {
            int[] at = new int[2];
            Experiment.of(
                            "read",
                            () -> at[0] = clock.incrementAndGet(),
                            () -> at[1] = clock.incrementAndGet(),
                            seen::add)
                    .run();
            candidateFirst += at[1] < at[0] ? 1 : 0;
        }
        assertThat(candidateFirst).isBetween(1, OFTEN - 1);
    }

    @Test
    void callsThatAreNotSampledAreTheControlAlone() {
        assertThat(Experiment.of("read", () -> 1, () -> fail(new AssertionError("asked")), seen::add)
                        .sampling(0)
                        .run())
                .isEqualTo(1);
        assertThat(seen).isEmpty();
    }

    @Test
    void aTallyCountsAndTellsTheDelay() {
        Tally tally = new Tally();
        assertThat(tally.delta(0.5)).isEmpty();
        for (int i = 1; i <= OFTEN; i++) {
            tally.accept(new Observation("read", Result.SAME, Duration.ofMillis(i), Duration.ofMillis(2L * i), null));
        }
        tally.accept(new Observation("read", Result.FAILED, Duration.ZERO, Duration.ofDays(1), new IOException()));
        tally.accept(new Observation("read", Result.DIFFERS, Duration.ofMillis(1), Duration.ofMillis(2), null));
        assertThat(tally.same()).isEqualTo(OFTEN);
        assertThat(tally.failed()).isEqualTo(1);
        assertThat(tally.differs()).isEqualTo(1);
        assertThat(tally.delta(0.99)).contains(Duration.ofMillis(99));
    }

    private static int fail(Throwable thrown) throws Exception {
        if (thrown instanceof Error error) {
            throw error;
        }
        throw (Exception) thrown;
    }
}
