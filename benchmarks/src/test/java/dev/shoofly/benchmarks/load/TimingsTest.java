package dev.shoofly.benchmarks.load;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class TimingsTest {
    private static final long MILLI = TimeUnit.MILLISECONDS.toNanos(1);
    private static final long START = 1_000 * MILLI;

    @Test
    void waitingForASlowOperationIsInTheResponseTimeOfThoseBehindItAndNotInTheirServiceTime() {
        OperationLog log = new OperationLog(START, 10 * MILLI);
        log.add(START, START + 25 * MILLI);
        log.add(START + 25 * MILLI, START + 26 * MILLI);
        log.add(START + 26 * MILLI, START + 27 * MILLI);

        Timings timings = Timings.of(List.of(log), START, START + 30 * MILLI);

        assertThat(timings.count()).isEqualTo(3);
        assertThat(timings.serviceMillis(0.5)).isEqualTo(1);
        assertThat(timings.responseMillis(0.5)).isEqualTo(16);
        assertThat(timings.responseMillis(1)).isEqualTo(25);
        assertThat(timings.summary()).containsEntry("operations", 3);
    }

    @Test
    void anOperationBelongsToTheTimeInWhichItWasDue() {
        OperationLog log = new OperationLog(START, 10 * MILLI);
        for (long i = 0; i < 10; i++) {
            log.add(START + i * 10 * MILLI, START + i * 10 * MILLI + MILLI);
        }

        assertThat(Timings.of(List.of(log), START, START + 100 * MILLI).count()).isEqualTo(10);
        assertThat(Timings.of(List.of(log), START + 10 * MILLI, START + 20 * MILLI)
                        .count())
                .isEqualTo(1);
        assertThat(Timings.of(List.of(log), START + 11 * MILLI, START + 19 * MILLI)
                        .count())
                .isZero();
        assertThat(Timings.of(List.of(log), 0, START).count()).isZero();
    }

    @Test
    void whatWasDueAndNotDoneIsMissingFromTheShareAchieved() {
        OperationLog log = new OperationLog(START, 10 * MILLI);
        for (long i = 0; i < 5; i++) {
            log.add(START + i * 20 * MILLI, START + (i + 1) * 20 * MILLI - 1);
        }

        assertThat(Timings.of(List.of(log), START, START + 100 * MILLI).shareAchieved())
                .isEqualTo(0.5);
    }

    @Test
    void aGapIsTheLongestTimeInWhichNoClientFinishedAnything() {
        OperationLog one = new OperationLog(START, 10 * MILLI);
        OperationLog other = new OperationLog(START + 5 * MILLI, 10 * MILLI);
        one.add(START, START + MILLI);
        other.add(START + 5 * MILLI, START + 6 * MILLI);
        // Both stand still, and end at 50 and 51.
        one.add(START + 10 * MILLI, START + 50 * MILLI);
        other.add(START + 15 * MILLI, START + 51 * MILLI);

        assertThat(Timings.longestGapNanos(List.of(one, other), START, START + 60 * MILLI))
                .isEqualTo(44 * MILLI);
        assertThat(Timings.longestGapNanos(List.of(one, other), START + 30 * MILLI, START + 31 * MILLI))
                .as("a gap that only touches the window")
                .isEqualTo(44 * MILLI);
        assertThat(Timings.longestGapNanos(List.of(one, other), START, START + 5 * MILLI))
                .isEqualTo(5 * MILLI);
    }
}
