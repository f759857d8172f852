package dev.shoofly.database.throttle;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The controller against simulated servers, in simulated time. */
class SpeedControllerTest {
    private static final double TICK_SECONDS = 0.1;
    private final SpeedController controller = new SpeedController();
    private final Random random = new Random(42);
    private final List<Double> shares = new ArrayList<>();
    private final List<Double> pressures = new ArrayList<>();
    private double now;

    /** Pressure rises with the share at once, and is seen as the high end of the last two seconds. */
    private void runOnServer(double seconds, DoubleUnaryOperator base, double perShare, double noise) {
        Deque<Double> window = new ArrayDeque<>();
        for (double end = now + seconds; now < end; now += TICK_SECONDS) {
            double pressure =
                    base.applyAsDouble(now) + perShare * controller.share() * (1 + noise * random.nextGaussian());
            window.addLast(pressure);
            if (window.size() > 20) {
                window.removeFirst();
            }
            List<Double> sorted = window.stream().sorted().toList();
            observe(sorted.get((int) (0.9 * (sorted.size() - 1))), pressure);
        }
    }

    /** A replica that replays as much as a share of {@code capacity} makes, and is seen a little late; limit 500 ms. */
    private void runWithReplica(double seconds, double capacity) {
        double lag = 0;
        double seen = 0;
        for (double end = now + seconds; now < end; now += TICK_SECONDS) {
            double made = controller.share() * (1 + 0.1 * random.nextGaussian());
            lag = Math.max(0.05, lag + TICK_SECONDS * (made / capacity - 1));
            observe(seen / 0.5, lag / 0.5);
            seen = lag;
        }
    }

    private void observe(double seen, double real) {
        controller.observe(seen, (long) (now * 1e9));
        shares.add(controller.share());
        pressures.add(real);
    }

    private List<Double> after(double seconds, List<Double> all) {
        return all.subList((int) (seconds / TICK_SECONDS), all.size());
    }

    private static double mean(List<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
    }

    private static double most(List<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).max().orElseThrow();
    }

    private static double least(List<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).min().orElseThrow();
    }

    @Test
    void anIdleServerIsCopiedAtFullSpeedAfterASecond() {
        runOnServer(60, time -> 0.1, 0.4, 0.05);
        assertThat(after(1.2, shares)).allMatch(share -> share == 1);
        assertThat(mean(shares)).isGreaterThan(0.98);
    }

    @ParameterizedTest
    @CsvSource({"1.3, 0.05", "3, 0.05", "3, 0.3", "10, 0.05"})
    void settlesBelowTheLimitAndNearIt(double pressureAtFullSpeed, double noise) {
        runOnServer(120, time -> 0.2, pressureAtFullSpeed, noise);
        List<Double> settled = after(20, pressures);
        assertThat(mean(settled)).isBetween(0.6, 1.0);
        assertThat(most(after(20, shares)) - least(after(20, shares))).isLessThan(0.1);
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.1, 0.3, 0.6, 0.9})
    void aReplicaGetsAlmostAllThatItCanReplayAndLagsLittle(double capacity) {
        runWithReplica(180, capacity);
        assertThat(mean(after(20, shares)) / capacity).isBetween(0.85, 1.05);
        assertThat(most(after(20, pressures))).isLessThan(2.2);
        assertThat(mean(after(20, pressures))).isLessThan(1);
    }

    @Test
    void doesNotSwingWildlyOnceItHasSettled() {
        runWithReplica(180, 0.5);
        List<Double> settled = after(30, shares);
        assertThat(least(settled)).isGreaterThan(0.1);
        assertThat(most(settled)).isLessThan(0.9);
    }

    @Test
    void givesWayToAnApplicationWithinSecondsAndComesBackAfterIt() {
        runOnServer(30, time -> 0.1, 0.3, 0.05);
        assertThat(controller.share()).isEqualTo(1);
        double busyFrom = now;
        runOnServer(20, time -> 0.9, 0.9, 0.05);
        assertThat(shares.get((int) ((busyFrom + 4) / TICK_SECONDS))).isLessThan(0.5);
        assertThat(controller.share()).isLessThan(0.3);
        runOnServer(20, time -> 0.1, 0.3, 0.05);
        assertThat(controller.share()).isEqualTo(1);
    }

    @Test
    void crawlsButGoesOnWhereTheServerIsBusyWithoutUs() {
        runOnServer(60, time -> 1.3, 0.1, 0.01);
        assertThat(controller.share()).isEqualTo(SpeedController.LEAST);
    }

    @Test
    void stopsFarBeyondTheLimitAndStartsOnlyWellBelowIt() {
        observeFor(2, 0);
        observe(SpeedController.FAR, 0);
        assertThat(controller.share()).isZero();
        observeFor(30, 1.0);
        observeFor(30, SpeedController.EASY);
        assertThat(controller.share()).isZero();
        observeFor(TICK_SECONDS, 0.7);
        assertThat(controller.share()).isBetween(0.01, 0.1);
    }

    @Test
    void aPlainStopCostsNoMoreThanItsOwnTimeAndAFewSeconds() {
        observeFor(5, 0);
        observeFor(10, Reading.STOP);
        assertThat(controller.share()).isZero();
        observeFor(3, 0);
        assertThat(controller.share()).isEqualTo(1);
    }

    @Test
    void oneWildReadingDoesNotMakeItCrawl() {
        observeFor(5, 0);
        observe(1.9, 0);
        observeFor(Duration.ofSeconds(1).toSeconds(), 0.1);
        assertThat(controller.share()).isGreaterThan(0.5);
    }

    private void observeFor(double seconds, double pressure) {
        for (double end = now + seconds; now < end; now += TICK_SECONDS) {
            observe(pressure, pressure);
        }
    }
}
