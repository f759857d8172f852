package dev.shoofly.model.throttle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class ThrottleSettingsTest {

    @Test
    void defaultsAreFitAndStandForWhateverIsMissing() {
        assertThat(ThrottleSettings.DEFAULT.problems()).isEmpty();
        assertThat(new ThrottleSettings(
                        new ReplicaLimits(null, null, null, null),
                        new LoadLimits(null, null, null, null),
                        new ServerLimits(null, null, null, null, null),
                        new OutsideSignals(null, null, null),
                        new CopyPace(0, 0, null)))
                .isEqualTo(ThrottleSettings.DEFAULT);
        assertThat(new ThrottleSettings(null, null, null, null, null)).isEqualTo(ThrottleSettings.DEFAULT);
    }

    @Test
    void namesEveryProblemAtOnce() {
        ThrottleSettings unfit = new ThrottleSettings(
                new ReplicaLimits(ReplicaLimits.Choice.NAMED, List.of(), Duration.ofMillis(1), List.of()),
                new LoadLimits(
                        List.of(LoadLimit.parse("Threads_running=25"), LoadLimit.parse("threads_running=0")),
                        List.of(LoadLimit.parse("Threads_running=20")),
                        CriticalAction.PAUSE,
                        Duration.ofHours(1)),
                new ServerLimits(5L, -1, 7L, 2_000, -3L),
                new OutsideSignals(" ", "http://me:secret@127.0.0.1/", List.of("")),
                new CopyPace(101, 65, Duration.ofSeconds(11)));

        assertThat(unfit.problems())
                .extracting(text -> text.substring(0, text.indexOf(' ')))
                .contains(
                        "max-lag",
                        "replica",
                        "max-load",
                        "critical-load",
                        "max-commit-latency",
                        "max-wal",
                        "max-checkpoints",
                        "max-transaction-age",
                        "max-bloat",
                        "max-history",
                        "throttle-query",
                        "throttle-http",
                        "throttle-flag-file",
                        "throttle-io",
                        "copy-threads",
                        "chunk-time");
        assertThat(unfit.problems())
                .contains(
                        "chunk-time must be from 10ms to 10s, not 11s",
                        "throttle-io must be from 1 to 100, not 101",
                        "max-load names a variable twice",
                        "max-load must have limits above 0, not threads_running=0");
    }

    @Test
    void aReplicaHasItsOwnLimitByItsMostExactNameInWhateverCase() {
        ReplicaLimits limits = ReplicaLimits.listed(Duration.ofMillis(500))
                .with(List.of(
                        new ReplicaLag("db2", Duration.ofSeconds(5)),
                        new ReplicaLag("DB2:3307", Duration.ofMinutes(1))));
        assertThat(limits.ownLag(List.of("db2:3307", "db2"))).contains(Duration.ofMinutes(1));
        assertThat(limits.ownLag(List.of("Db2:3306", "Db2"))).contains(Duration.ofSeconds(5));
        assertThat(limits.ownLag(List.of("db20:3306", "db20"))).isEmpty();
        assertThat(limits.ownLag(List.of())).isEmpty();
        assertThat(ThrottleSettings.DEFAULT.with(limits).problems()).isEmpty();
    }

    @Test
    void refusesOwnLimitsOutOfRangeTwiceOrOfNobody() {
        ReplicaLimits unfit = ReplicaLimits.listed(Duration.ofMillis(500))
                .with(List.of(
                        new ReplicaLag("db2", Duration.ofMillis(9)),
                        new ReplicaLag("DB2", Duration.ofHours(25)),
                        new ReplicaLag(" ", Duration.ofSeconds(1))));
        assertThat(ThrottleSettings.DEFAULT.with(unfit).problems())
                .containsExactly(
                        "max-lag of db2 must be from 10ms to 24h, not 9ms",
                        "max-lag of DB2 must be from 10ms to 24h, not 25h",
                        "max-lag has a limit for a replica without a name",
                        "max-lag names a replica twice");
    }

    @Test
    void zeroSwitchesALimitOffAndIsFit() {
        assertThat(ThrottleSettings.DEFAULT
                        .with(new ServerLimits(0L, 0, 0L, 0, 0L))
                        .with(new LoadLimits(List.of(), List.of(), CriticalAction.ABORT, Duration.ZERO))
                        .problems())
                .isEmpty();
    }

    @Test
    void aLimitIsReadAndWrittenAsNameAndNumber() {
        assertThat(LoadLimit.parse(" Threads_running = 25 ")).isEqualTo(new LoadLimit("Threads_running", 25));
        assertThat(LoadLimit.parse("x=1.5")).hasToString("x=1.5");
        assertThat(LoadLimit.parse("x=25")).hasToString("x=25");
        for (String text : List.of("x", "=5", "x=many", "x=")) {
            assertThatThrownBy(() -> LoadLimit.parse(text)).hasMessageContaining("name=number");
        }
    }
}
