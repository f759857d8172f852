package dev.shoofly.database.throttle;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class VerdictTest {
    private final Verdict verdict = new Verdict();
    private long now = 1;

    private void observe(double ceiling, Reading... readings) {
        for (int i = 0; i < 50; i++) {
            verdict.observe(List.of(readings), ceiling, now);
            now += 100_000_000;
        }
    }

    private static Reading lag(double pressure) {
        return new Reading(SignalKind.REPLICA_LAG, "replica r", pressure, "lags");
    }

    private static Reading critical(double pressure) {
        return new Reading(SignalKind.CRITICAL_LOAD, "Threads_running", pressure, "is high");
    }

    @Test
    void theCeilingHoldsWhenNothingElseDoes() {
        observe(0.3, lag(0.1));
        assertThat(verdict.share()).isEqualTo(0.3);
        assertThat(verdict.reason()).isEqualTo("throttle-io 30 %");
        assertThat(verdict.isCalm()).isTrue();
    }

    @Test
    void theWorstSignalIsTheReason() {
        observe(1, lag(0.1), new Reading(SignalKind.QUERY, "throttle query", Reading.STOP, "says 1"), lag(3));
        assertThat(verdict.share()).isZero();
        assertThat(verdict.reason()).isEqualTo("throttle query says 1");
        assertThat(verdict.isCalm()).isFalse();
    }

    @Test
    void afterwardsItSaysWhatItWas() {
        observe(1, lag(3));
        verdict.observe(List.of(lag(0.1)), 1, now);
        assertThat(verdict.share()).isBetween(0.01, 0.1);
        assertThat(verdict.reason()).isEqualTo("speeding up again; before: replica r lags");
    }

    @Test
    void aCriticalLimitStopsBeyondItAndIsNoLimitToSettleAt() {
        observe(1, critical(0.95));
        assertThat(verdict.share()).isEqualTo(1);
        observe(1, critical(1));
        assertThat(verdict.share()).isZero();
    }

    /** Or an index build would wait for ever on a server whose commits are slow for other reasons. */
    @Test
    void aGuessAtALimitKeepsNothingFromBeginning() {
        observe(1, new Reading(SignalKind.COMMIT_LATENCY, "commit latency", 1.5, "is long", true));
        assertThat(verdict.isCalm()).isTrue();
        observe(1, lag(1.2));
        assertThat(verdict.isCalm()).isFalse();
    }

    @Test
    void aGuessAtALimitSlowsDownToAFifthAndAFirmLimitFurther() {
        Reading guess = new Reading(SignalKind.COMMIT_LATENCY, "commit latency", 1.5, "is long", true);
        observe(1, guess);
        observe(1, guess);
        assertThat(verdict.share()).isBetween(Verdict.LEAST_BY_GUESS / 2, Verdict.LEAST_BY_GUESS * 1.1);
        observe(1, guess, lag(1.2));
        observe(1, guess, lag(1.2));
        assertThat(verdict.share()).isEqualTo(SpeedController.LEAST);
    }

    /** It stood still for ever: the guess was above the pressure from which a stop ends. */
    @Test
    void aGuessDoesNotKeepStoppedWhatAFirmLimitHasStopped() {
        Reading guess = new Reading(SignalKind.COMMIT_LATENCY, "commit latency", 1.5, "is long", true);
        observe(1, guess, critical(1));
        assertThat(verdict.share()).isZero();
        observe(1, guess);
        observe(1, guess);
        assertThat(verdict.share()).isBetween(Verdict.LEAST_BY_GUESS / 2, Verdict.LEAST_BY_GUESS * 1.1);
    }

    @Test
    void whatCannotBeMeasuredHoldsNothingBack() {
        observe(1, Reading.unknown(SignalKind.HISTORY, "history", "is not measured"));
        assertThat(verdict.share()).isEqualTo(1);
    }

    @Test
    void aCriticalLoadCountsWhenTwoReadingsInARowAreBeyondIt() {
        CriticalLoad watch = new CriticalLoad();
        watch.accept(critical(1.2));
        assertThat(watch.take()).isEmpty();
        watch.accept(critical(0.9));
        watch.accept(critical(1.1));
        assertThat(watch.take()).isEmpty();
        watch.accept(lag(5));
        watch.accept(critical(1.3));
        assertThat(watch.take()).contains("Threads_running is high");
        assertThat(watch.take()).isEmpty();
    }
}
