package dev.shoofly.cli.screen;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.coordinator.ApplyView;
import dev.shoofly.coordinator.MigrationSnapshot;
import dev.shoofly.database.control.ThrottleState;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationState;
import dev.shoofly.model.Strategy;
import dev.shoofly.model.TableName;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class ProgressTextTest {

    static MigrationSnapshot snapshot(MigrationState state, Duration elapsed) {
        return snapshot("k3mz8q2x", state, elapsed);
    }

    static MigrationSnapshot snapshot(String id, MigrationState state, Duration elapsed) {
        return new MigrationSnapshot(
                new MigrationId(id),
                new TableName("shop", "orders"),
                Strategy.SHADOW,
                state,
                "",
                null,
                elapsed,
                134_600,
                200_000,
                41_200,
                0,
                0,
                512,
                120,
                0,
                -1,
                0,
                ApplyView.UNKNOWN,
                ThrottleState.UNKNOWN);
    }

    @Test
    void showsRowsRateRemainingTimeAndLagWhileCopying() {
        assertThat(ProgressText.line(snapshot(MigrationState.COPYING, Duration.ofSeconds(4))))
                .isEqualTo("shop.orders COPYING  67.3 %, 134,600 of 200,000 rows, 41,200 rows/s, ETA 2 s,"
                        + " 512 keys applied, lag 120 ms");
    }

    @Test
    void showsNoPercentageBeyondTheEstimateBeforeTheCopyIsDone() {
        assertThat(ProgressText.percent(MigrationState.COPYING, 300, 200)).isEqualTo(99.9);
        assertThat(ProgressText.percent(MigrationState.COPYING, 0, 0)).isZero();
        assertThat(ProgressText.percent(MigrationState.SYNCHRONIZING, 150, 200)).isEqualTo(100);
    }

    @Test
    void saysWhatNobodyApplies() {
        MigrationSnapshot ready = snapshot(MigrationState.READY, Duration.ofSeconds(4));
        assertThat(ProgressText.line(ready)).doesNotContain("NOBODY");
        assertThat(ProgressText.line(withUnclaimed(ready, List.of(0, 3))))
                .contains("NOBODY APPLIES partition 0, 3: start 'shoofly serve --roles applier'");
        assertThat(ProgressText.line(
                        withUnclaimed(snapshot(MigrationState.PAUSED, Duration.ofSeconds(4)), List.of(0, 3))))
                .doesNotContain("NOBODY");
    }

    private static MigrationSnapshot withUnclaimed(MigrationSnapshot seen, List<Integer> unclaimed) {
        return new MigrationSnapshot(
                seen.id(),
                seen.table(),
                seen.strategy(),
                seen.state(),
                seen.activity(),
                seen.reason(),
                seen.elapsed(),
                seen.rowsCopied(),
                seen.rowsTotal(),
                seen.rowsPerSecond(),
                seen.rowsVerified(),
                seen.mismatches(),
                seen.keysApplied(),
                seen.lagMillis(),
                seen.cutoverAttempts(),
                seen.lockedMillis(),
                seen.misfits(),
                new ApplyView(1, unclaimed, 0, 0, 0),
                seen.throttle());
    }

    @Test
    void saysWhatHoldsTheCopyBackAndOnlyWhileItCopies() {
        ThrottleState slow = new ThrottleState(0.4, "replica db2 lags 2 s (limit 500 ms)", 0, -1, List.of(), null);
        assertThat(ProgressText.line(withThrottle(snapshot(MigrationState.COPYING, Duration.ofSeconds(4)), slow)))
                .contains(", at 40 % speed: replica db2 lags 2 s (limit 500 ms), 512 keys");
        assertThat(ProgressText.line(withThrottle(snapshot(MigrationState.READY, Duration.ofSeconds(4)), slow)))
                .doesNotContain("speed");
        assertThat(ProgressText.speed(0, "flag file /tmp/f exists")).isEqualTo("HELD BACK: flag file /tmp/f exists");
        assertThat(ProgressText.speed(1, null)).isEqualTo("at 100 % speed");
    }

    private static MigrationSnapshot withThrottle(MigrationSnapshot seen, ThrottleState throttle) {
        return new MigrationSnapshot(
                seen.id(),
                seen.table(),
                seen.strategy(),
                seen.state(),
                seen.activity(),
                seen.reason(),
                seen.elapsed(),
                seen.rowsCopied(),
                seen.rowsTotal(),
                seen.rowsPerSecond(),
                seen.rowsVerified(),
                seen.mismatches(),
                seen.keysApplied(),
                seen.lagMillis(),
                seen.cutoverAttempts(),
                seen.lockedMillis(),
                seen.misfits(),
                seen.apply(),
                throttle);
    }

    @Test
    void wordsDurations() {
        assertThat(ProgressText.duration(Duration.ofSeconds(47))).isEqualTo("47 s");
        assertThat(ProgressText.duration(Duration.ofSeconds(185))).isEqualTo("3 min 05 s");
        assertThat(ProgressText.duration(Duration.ofMinutes(130))).isEqualTo("2 h 10 min");
        assertThat(ProgressText.millis(950)).isEqualTo("950 ms");
        assertThat(ProgressText.millis(4_200)).isEqualTo("4.2 s");
    }
}
