package dev.shoofly.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class GatheringTest {
    private static final Duration SHORT = Duration.ofMillis(10);

    private final AtomicReference<Duration> interval = new AtomicReference<>(Duration.ofDays(1));
    private boolean others;
    private boolean pressed;
    private final Gathering gathering = new Gathering(interval::set, () -> others, () -> pressed);

    @Test
    void aServerWithRoomHasItsChangesSoonAndARestBetweenTwoBatches() {
        gathering.look();
        assertThat(interval).hasValue(SHORT);
    }

    @Test
    void applicationsAreSparedTheSmallBatches() {
        others = true;
        gathering.look();
        Duration amongOthers = interval.get();
        assertThat(amongOthers).isGreaterThan(SHORT);

        pressed = true;
        gathering.look();
        assertThat(interval.get()).isGreaterThan(amongOthers);
    }

    @Test
    void nobodyWaitsForTheShadowWhileItIsFilled() {
        gathering.copying(true);
        assertThat(interval.get()).isGreaterThan(SHORT);
        gathering.copying(false);
        assertThat(interval).hasValue(SHORT);
    }

    @Test
    void aComparisonOfAllRowsWaitsLongerSoThatApplicationsAreSparedMore() {
        gathering.comparing(true);
        assertThat(interval).hasValue(SHORT);

        others = true;
        gathering.look();
        Duration comparing = interval.get();
        gathering.comparing(false);
        assertThat(comparing).isGreaterThan(interval.get());

        gathering.comparing(true);
        gathering.cuttingOver(true);
        assertThat(interval).hasValue(Duration.ZERO);
    }

    @Test
    void applicationsAreSparedManySmallTransactionsUntilTheShadowHasCaughtUp() {
        others = true;
        gathering.look();
        Duration amongOthers = interval.get();
        gathering.catchingUp(true);
        assertThat(interval.get()).isGreaterThan(amongOthers);
        gathering.catchingUp(false);
        assertThat(interval).hasValue(amongOthers);
    }

    @Test
    void nothingGathersWhileApplicationsWaitForACutover() {
        others = true;
        pressed = true;
        gathering.cuttingOver(true);
        assertThat(interval).hasValue(Duration.ZERO);
        gathering.look();
        assertThat(interval).hasValue(Duration.ZERO);
        gathering.cuttingOver(false);
        assertThat(interval.get()).isPositive();
    }
}
