package dev.shoofly.database.throttle;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DebtTest {
    private static final Duration CHUNK = Duration.ofMillis(200);
    private final Debt debt = new Debt();

    @ParameterizedTest
    @ValueSource(doubles = {0.05, 0.25, 0.5, 0.9})
    void workAndWaitingStandInTheRatioOfTheShare(double share) {
        debt.work(CHUNK);
        long wait = debt.toWait(share);
        assertThat((double) CHUNK.toNanos() / (CHUNK.toNanos() + wait)).isBetween(share - 0.001, share + 0.001);
        debt.waited(wait, share);
        assertThat(debt.toWait(share)).isZero();
    }

    @Test
    void aChangeOfTheShareCountsFromItsMomentOn() {
        debt.work(CHUNK);
        assertThat(debt.toWait(0.5)).isEqualTo(200_000_000);
        debt.waited(100_000_000, 0.5);
        assertThat(debt.toWait(0.2)).isBetween(400_000_000L, 400_000_001L);
        debt.waited(1_000_000_000, 0);
        assertThat(debt.toWait(0.5)).isEqualTo(100_000_000);
        assertThat(debt.toWait(1)).isZero();
    }

    @Test
    void fullSpeedOwesNothingAndAStopWaitsForAnotherShare() {
        assertThat(debt.toWait(0)).isEqualTo(Long.MAX_VALUE);
        assertThat(debt.toWait(0.5)).isZero();
        debt.work(CHUNK);
        debt.waited(1, 1);
        assertThat(debt.toWait(0.5)).isZero();
    }

    @Test
    void waitingLongerThanNeededIsNoCredit() {
        debt.work(CHUNK);
        debt.waited(Duration.ofMinutes(5).toNanos(), 0.5);
        debt.settle();
        debt.work(CHUNK);
        assertThat(debt.toWait(0.5)).isEqualTo(CHUNK.toNanos());
    }

    @Test
    void aChunkThatHungForMinutesIsForgivenInPart() {
        debt.work(Duration.ofMinutes(10));
        assertThat(debt.toWait(0.5)).isEqualTo(Debt.MOST.toNanos());
    }
}
