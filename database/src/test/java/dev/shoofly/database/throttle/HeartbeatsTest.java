package dev.shoofly.database.throttle;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class HeartbeatsTest {
    private final Heartbeats beats = new Heartbeats();

    @Test
    void lagsByTheAgeOfTheFirstNumberThatItLacks() {
        beats.wrote(10, 1_000);
        beats.wrote(11, 2_000);
        beats.wrote(15, 3_000);
        assertThat(beats.behind(15, 9_000)).isZero();
        assertThat(beats.behind(99, 9_000)).isZero();
        assertThat(beats.behind(14, 9_000)).isEqualTo(Duration.ofNanos(6_000));
        assertThat(beats.behind(11, 9_000)).isEqualTo(Duration.ofNanos(6_000));
        assertThat(beats.behind(10, 9_000)).isEqualTo(Duration.ofNanos(7_000));
        assertThat(beats.behind(-1, 9_000)).isEqualTo(Duration.ofNanos(8_000));
    }

    @Test
    void lacksNothingBeforeTheFirstNumber() {
        assertThat(beats.behind(-1, 9_000)).isZero();
    }

    @Test
    void aNumberThatDoesNotRiseIsNoNewOne() {
        beats.wrote(10, 1_000);
        beats.wrote(10, 5_000);
        assertThat(beats.behind(9, 9_000)).isEqualTo(Duration.ofNanos(8_000));
    }

    @Test
    void remembersDaysInBoundedSpaceWithASmallError() {
        long tenth = Duration.ofMillis(100).toNanos();
        long end = 3 * 24 * 36_000;
        for (long number = 1; number <= end; number++) {
            beats.wrote(number, number * tenth);
        }
        long now = end * tenth;
        for (long behind : new long[] {10, 6_000, 36_000, 20 * 36_000}) {
            Duration exact = Duration.ofNanos((behind - 1) * tenth);
            assertThat(beats.behind(end - behind, now))
                    .isBetween(exact.multipliedBy(97).dividedBy(100), exact);
        }
    }
}
