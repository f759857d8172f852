package dev.shoofly.database.throttle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.model.throttle.CriticalAction;
import dev.shoofly.model.throttle.LoadLimits;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class PulseTest {
    private static final LoadLimits FIXED =
            new LoadLimits(List.of(), List.of(), CriticalAction.PAUSE, Duration.ofMillis(50));
    private final AtomicLong clock = new AtomicLong(1_000_000_000);
    private final Pulse pulse = new Pulse(clock::get);
    private long marker;

    /** Probes every 100 ms, each of which takes this long. */
    private void probes(int count, int millis) {
        for (int i = 0; i < count; i++) {
            pulse.begin();
            clock.addAndGet(Duration.ofMillis(millis).toNanos());
            pulse.wrote(++marker);
            clock.addAndGet(Duration.ofMillis(Math.max(0, 100 - millis)).toNanos());
        }
    }

    @Test
    void sevenSlowCommitsOfTwentyCountAndOneDoesNot() {
        probes(19, 2);
        probes(1, 80);
        assertThat(pulse.reading(FIXED, true).pressure()).isLessThan(0.1);
        probes(13, 2);
        probes(7, 80);
        assertThat(pulse.reading(FIXED, true).pressure()).isEqualTo(1.6);
        assertThat(pulse.reading(FIXED, true).sentence()).isEqualTo("commit latency is 80 ms (limit 50 ms)");
    }

    @Test
    void aCommitThatHangsCountsBeforeItEnds() {
        probes(20, 2);
        pulse.begin();
        clock.addAndGet(Duration.ofSeconds(3).toNanos());
        assertThat(pulse.reading(FIXED, true).pressure()).isEqualTo(Reading.STOP);
        pulse.failed();
        assertThat(pulse.reading(FIXED, true).pressure()).isLessThan(0.1);
    }

    @Test
    void theGuessedLimitFollowsTheBaselineAndSlowsButNeverStops() {
        probes(30, 15);
        pulse.endCalm();
        assertThat(pulse.baselineMicros()).isEqualTo(15_000);
        probes(20, 25);
        assertThat(pulse.reading(LoadLimits.DEFAULT, true).sentence())
                .isEqualTo("commit latency is 25 ms (limit 30 ms)");
        probes(30, 1_000);
        assertThat(pulse.reading(LoadLimits.DEFAULT, true).pressure()).isBetween(1.01, SpeedController.FAR - 0.1);
    }

    @Test
    void whatTheMigrationsOwnStartCostsIsNoBaseline() {
        probes(30, 60);
        probes(25, 4);
        probes(30, 40);
        pulse.endCalm();
        assertThat(pulse.baselineMicros()).isEqualTo(4_000);
    }

    @Test
    void theGuessedLimitIsNobodysWhenNobodyIsThere() {
        probes(30, 2);
        pulse.endCalm();
        probes(20, 90);
        assertThat(pulse.reading(LoadLimits.DEFAULT, false).pressure()).isZero();
        assertThat(pulse.reading(FIXED, false).pressure()).isEqualTo(1.8);
    }

    @Test
    void withoutABaselineTheLimitIsWhatAClientWouldNotice() {
        pulse.endCalm();
        assertThat(pulse.baselineMicros()).isEqualTo(-1);
        probes(20, 6);
        assertThat(pulse.reading(LoadLimits.DEFAULT, true).pressure()).isEqualTo(6.0 / Pulse.LEAST_LIMIT.toMillis());
    }

    @Test
    void anEarlierRunsBaselineIsKept() {
        pulse.endCalm(4_000);
        probes(30, 50);
        pulse.endCalm();
        assertThat(pulse.baselineMicros()).isEqualTo(4_000);
    }
}
