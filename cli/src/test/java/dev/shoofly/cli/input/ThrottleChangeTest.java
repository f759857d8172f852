package dev.shoofly.cli.input;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.model.throttle.CopyPace;
import dev.shoofly.model.throttle.CriticalAction;
import dev.shoofly.model.throttle.LoadLimit;
import dev.shoofly.model.throttle.LoadLimits;
import dev.shoofly.model.throttle.OutsideSignals;
import dev.shoofly.model.throttle.ReplicaLag;
import dev.shoofly.model.throttle.ReplicaLimits;
import dev.shoofly.model.throttle.ServerLimits;
import dev.shoofly.model.throttle.ThrottleSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ThrottleChangeTest {
    private static final ThrottleSettings DEFAULT = ThrottleSettings.DEFAULT;

    private static Settings.Builder every() {
        return new Settings.Builder()
                .put(Setting.MAX_LAG, List.of("2s", "db3:3306 = 1m"))
                .put(Setting.REPLICA, List.of("jdbc:mysql://db2:3306/shop", "jdbc:mysql://db3:3306/shop"))
                .put(Setting.MAX_LOAD, "Threads_running=25,Threads_connected=500")
                .put(Setting.CRITICAL_LOAD, "Threads_running=100")
                .put(Setting.CRITICAL_ACTION, "abort")
                .put(Setting.MAX_COMMIT_LATENCY, "30ms")
                .put(Setting.MAX_WAL, "512MB")
                .put(Setting.MAX_CHECKPOINTS, "3")
                .put(Setting.MAX_TRANSACTION_AGE, "2_000_000_000")
                .put(Setting.MAX_BLOAT, "50")
                .put(Setting.MAX_HISTORY, "100_000")
                .put(Setting.THROTTLE_QUERY, " SELECT 0 ")
                .put(Setting.THROTTLE_HTTP, "http://127.0.0.1:8080/may-copy")
                .put(Setting.THROTTLE_FLAG_FILE, List.of("/tmp/stop", "here"))
                .put(Setting.THROTTLE_IO, "40")
                .put(Setting.COPY_THREADS, "4")
                .put(Setting.CHUNK_TIME, "100ms");
    }

    private static ThrottleSettings applied(ThrottleSettings now, Setting setting, String... texts) {
        return ThrottleChange.of(
                        new Settings.Builder().put(setting, List.of(texts)).build())
                .applyTo(now);
    }

    @Test
    void takesEveryKnobAsGiven() {
        assertThat(ThrottleChange.of(every().build()).applyTo(DEFAULT))
                .isEqualTo(new ThrottleSettings(
                        ReplicaLimits.named(
                                        List.of("jdbc:mysql://db2:3306/shop", "jdbc:mysql://db3:3306/shop"),
                                        Duration.ofSeconds(2))
                                .with(List.of(new ReplicaLag("db3:3306", Duration.ofMinutes(1)))),
                        new LoadLimits(
                                List.of(new LoadLimit("Threads_running", 25), new LoadLimit("Threads_connected", 500)),
                                List.of(new LoadLimit("Threads_running", 100)),
                                CriticalAction.ABORT,
                                Duration.ofMillis(30)),
                        new ServerLimits(512L << 20, 3, 2_000_000_000L, 50, 100_000L),
                        new OutsideSignals(
                                "SELECT 0",
                                "http://127.0.0.1:8080/may-copy",
                                List.of(
                                        "/tmp/stop",
                                        Path.of("here").toAbsolutePath().toString())),
                        new CopyPace(40, 4, Duration.ofMillis(100))));
    }

    @Test
    void aChunksTimeIsChosenAutomaticallyUntilSomebodyChoosesAndAgainAfterwards() {
        ThrottleSettings chosen = applied(DEFAULT, Setting.CHUNK_TIME, "100ms");
        assertThat(chosen.pace().chunkTime()).isEqualTo(Duration.ofMillis(100));
        assertThat(applied(chosen, Setting.CHUNK_TIME, "auto").pace().chunkTime())
                .isNull();
    }

    @Test
    void leavesAloneWhatIsNotGiven() {
        ThrottleSettings all = ThrottleChange.of(every().build()).applyTo(DEFAULT);
        assertThat(ThrottleChange.of(Settings.NONE).isEmpty()).isTrue();
        assertThat(ThrottleChange.of(Settings.NONE).applyTo(all)).isEqualTo(all);
        assertThat(applied(all, Setting.THROTTLE_IO, "70"))
                .isEqualTo(all.with(new CopyPace(70, 4, Duration.ofMillis(100))));
        assertThat(applied(all, Setting.MAX_LAG, "9s").replicas().urls()).hasSize(2);
    }

    @Test
    void switchesEveryKnobOffOrBack() {
        ThrottleSettings all = ThrottleChange.of(every().build()).applyTo(DEFAULT);
        assertThat(applied(all, Setting.REPLICA, "auto").replicas().choice()).isEqualTo(ReplicaLimits.Choice.AUTO);
        assertThat(applied(all, Setting.REPLICA, "none").replicas().choice()).isEqualTo(ReplicaLimits.Choice.NONE);
        assertThat(applied(all, Setting.MAX_LOAD, "off").load().maxLoad()).isEmpty();
        assertThat(applied(all, Setting.CRITICAL_LOAD, "off").load().criticalLoad())
                .isEmpty();
        assertThat(applied(all, Setting.MAX_COMMIT_LATENCY, "auto").load().maxCommitLatency())
                .isNull();
        assertThat(applied(all, Setting.MAX_COMMIT_LATENCY, "off").load().maxCommitLatency())
                .isZero();
        assertThat(applied(all, Setting.MAX_WAL, "off").server().maxRetainedWal())
                .isZero();
        assertThat(applied(all, Setting.MAX_CHECKPOINTS, "off").server().maxCheckpoints())
                .isZero();
        assertThat(applied(all, Setting.MAX_TRANSACTION_AGE, "off").server().maxTransactionAge())
                .isZero();
        assertThat(applied(all, Setting.MAX_BLOAT, "off").server().maxBloat()).isZero();
        assertThat(applied(all, Setting.MAX_HISTORY, "off").server().maxHistory())
                .isZero();
        assertThat(applied(all, Setting.THROTTLE_QUERY, "off").outside().query())
                .isNull();
        assertThat(applied(all, Setting.THROTTLE_HTTP, "off").outside().endpoint())
                .isNull();
        assertThat(applied(all, Setting.THROTTLE_FLAG_FILE, "none").outside().flagFiles())
                .isEmpty();
        assertThat(applied(all, Setting.COPY_THREADS, "auto").pace().copyThreads())
                .isZero();
    }

    @Test
    void aReplicasOwnLimitIsChangedAndTakenBackWithoutTouchingTheOthers() {
        ThrottleSettings both = applied(DEFAULT, Setting.MAX_LAG, "1s", "db2:3306=10s", "a=b=5s");
        assertThat(both.replicas())
                .isEqualTo(ReplicaLimits.listed(Duration.ofSeconds(1))
                        .with(List.of(
                                new ReplicaLag("db2:3306", Duration.ofSeconds(10)),
                                new ReplicaLag("a=b", Duration.ofSeconds(5)))));
        assertThat(applied(both, Setting.MAX_LAG, "2s").replicas())
                .isEqualTo(ReplicaLimits.listed(Duration.ofSeconds(2))
                        .with(both.replicas().own()));
        assertThat(applied(both, Setting.MAX_LAG, "DB2:3306=1m").replicas().own())
                .containsExactly(
                        new ReplicaLag("DB2:3306", Duration.ofMinutes(1)),
                        new ReplicaLag("a=b", Duration.ofSeconds(5)));
        assertThat(applied(both, Setting.MAX_LAG, "db2:3306=default").replicas())
                .isEqualTo(ReplicaLimits.listed(Duration.ofSeconds(1))
                        .with(List.of(new ReplicaLag("a=b", Duration.ofSeconds(5)))));
        assertThat(applied(both, Setting.REPLICA, "none").replicas().own())
                .isEqualTo(both.replicas().own());
    }

    @Test
    void refusesTwoLimitsForOneReplicaOrForAll() {
        assertThatThrownBy(() -> applied(DEFAULT, Setting.MAX_LAG, "1s", "db2=1s", "DB2=2s", "2s"))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("--max-lag is given twice for all replicas")
                .hasMessageContaining("--max-lag is given twice for DB2");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "MAX_LAG | 5 | --max-lag must be a number with its unit",
                "MAX_LAG | 1ms | --max-lag must be from 10ms to 24h",
                "MAX_LAG | db2:3306=5 | --max-lag of db2:3306 must be a number with its unit, such as 500ms, 1s, 5m or 2h, or default, not '5'",
                "MAX_LAG | db2:3306=25h | --max-lag of db2:3306 must be from 10ms to 24h, not 25h",
                "MAX_LAG | =5s | --max-lag names no replica before the sign",
                "MAX_LAG | jdbc:mysql://db2:3306/shop=5s | --max-lag names a replica by its host and port",
                "MAX_LAG | 500ms,db2:3306=5s | --max-lag takes one limit; repeat it for several",
                "REPLICA | db2:3306 | --replica must be auto, none or a JDBC URL",
                "MAX_LOAD | Threads_running | --max-load must be name=number",
                "MAX_LOAD | a=0 | --max-load must have limits above 0",
                "CRITICAL_ACTION | stop | --critical-action must be pause or abort",
                "MAX_COMMIT_LATENCY | never | --max-commit-latency must be a number with its unit",
                "MAX_WAL | 16 | --max-wal must be a size with its unit",
                "MAX_CHECKPOINTS | 0 | --max-checkpoints must be a whole number above 0, or off",
                "MAX_HISTORY | -5 | --max-history must be a whole number above 0, or off",
                "THROTTLE_HTTP | ftp://x | --throttle-http must be an address",
                "THROTTLE_HTTP | http://u:geheim@x/ | without credentials",
                "THROTTLE_IO | 0 | --throttle-io must be from 1 to 100",
                "COPY_THREADS | 65 | --copy-threads must be from 0 to 64",
                "COPY_THREADS | 0 | --copy-threads must be auto or from 1 to 64",
                "CHUNK_TIME | 1ms | --chunk-time must be from 10ms to 10s"
            })
    void refusesWhatNoSettingsCouldHave(Setting setting, String text, String problem) {
        assertThatThrownBy(() -> applied(DEFAULT, setting, text))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining(problem)
                .hasMessageNotContaining("geheim");
    }

    @Test
    void namesAllProblemsOfAMigrationTogether() {
        assertThatThrownBy(() -> MigrateRequest.of(
                        new Settings.Builder()
                                .put(Setting.THROTTLE_IO, "500")
                                .put(Setting.CHUNK_TIME, "1h")
                                .put(Setting.REPLICA, List.of("auto", "none"))
                                .build(),
                        Settings.NONE))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("--table is missing")
                .hasMessageContaining("--throttle-io")
                .hasMessageContaining("--chunk-time")
                .hasMessageContaining("--replica auto stands alone")
                .hasMessageContaining("--replica none stands alone");
    }

    @Test
    void aMigrationHasTheDefaultsUnlessToldOtherwise() {
        Settings.Builder minimal = new Settings.Builder()
                .put(Setting.URL, "jdbc:mysql://db.example:3306/shop")
                .put(Setting.USER, "root")
                .put(Setting.TABLE, "orders")
                .put(Setting.ALTER, "engine=innodb");
        assertThat(MigrateRequest.of(minimal.build(), Settings.NONE).throttle()).isEqualTo(DEFAULT);
        minimal.put(Setting.THROTTLE_IO, "30");
        assertThat(MigrateRequest.of(minimal.build(), Settings.NONE)
                        .throttle()
                        .pace()
                        .ioPercent())
                .isEqualTo(30);
    }
}
