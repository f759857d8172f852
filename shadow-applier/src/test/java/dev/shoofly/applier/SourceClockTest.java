package dev.shoofly.applier;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.ShooflyException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class SourceClockTest {
    private static final Instant WRONG = Instant.ofEpochSecond(1);
    private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE);
    private Instant there = Instant.ofEpochSecond(1_000_000);
    private int asked;

    private SourceClock clock(Supplier<Instant> server) {
        return new SourceClock(InstantSource.fixed(WRONG), nanos::get, () -> {
            asked++;
            return server.get();
        });
    }

    @Test
    void whatThisHostTakesForTheTimeCountsUntilTheServerWasAskedOnce() {
        SourceClock clock = clock(() -> there);
        assertThat(clock.instant()).isEqualTo(WRONG);
        clock.refresh();
        assertThat(clock.instant()).isEqualTo(there);
        nanos.addAndGet(Duration.ofSeconds(7).toNanos());
        assertThat(clock.instant()).isEqualTo(there.plusSeconds(7));
    }

    @Test
    void theServerIsAskedOnceAMinuteAndAClockThatWasSetIsFollowed() {
        SourceClock clock = clock(() -> there);
        clock.refresh();
        clock.refresh();
        assertThat(asked).isOne();
        there = there.plusSeconds(3_600);
        nanos.addAndGet(SourceClock.ASK_AGAIN.toNanos());
        clock.refresh();
        assertThat(asked).isEqualTo(2);
        assertThat(clock.instant()).isEqualTo(there);
    }

    @Test
    void aServerThatDoesNotAnswerCostsNeitherABatchNorWhatIsKnown() {
        SourceClock clock = clock(() -> {
            if (asked > 1) {
                throw new ShooflyException(ErrorKind.TRANSIENT, "away");
            }
            return there;
        });
        clock.refresh();
        nanos.addAndGet(SourceClock.ASK_AGAIN.toNanos());
        clock.refresh();
        clock.refresh();
        assertThat(asked).isEqualTo(2);
        assertThat(clock.instant()).isEqualTo(there.plus(SourceClock.ASK_AGAIN));
    }

    /** Half of the way there and back. */
    @Test
    void aSlowAnswerIsFromTheMiddleOfTheTimeItTook() {
        SourceClock clock = clock(() -> {
            nanos.addAndGet(Duration.ofSeconds(2).toNanos());
            return there;
        });
        clock.refresh();
        assertThat(clock.instant()).isEqualTo(there.plusSeconds(1));
    }

    /** Most of that time may have been a wait for a connection. */
    @Test
    void anAnswerThatWaitedDoesNotMakeTheServersClockFast() {
        Duration[] wait = {Duration.ZERO};
        SourceClock clock = clock(() -> {
            Instant answer = there.plus(nanosSince());
            nanos.addAndGet(wait[0].toNanos());
            return answer;
        });
        clock.refresh();
        wait[0] = Duration.ofSeconds(10);
        nanos.addAndGet(SourceClock.ASK_AGAIN.toNanos());
        clock.refresh();
        assertThat(clock.instant()).isEqualTo(there.plus(nanosSince()));
        wait[0] = Duration.ZERO;
        nanos.addAndGet(Duration.ofSeconds(5).toNanos());
        clock.refresh();
        assertThat(asked).isEqualTo(3);
    }

    private Duration nanosSince() {
        return Duration.ofNanos(nanos.get() - Long.MAX_VALUE);
    }
}
