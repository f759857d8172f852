package dev.shoofly.database.mysql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.database.Database;
import dev.shoofly.database.Databases;
import dev.shoofly.database.throttle.Heartbeats;
import dev.shoofly.database.throttle.LoadSignal;
import dev.shoofly.database.throttle.Reading;
import dev.shoofly.database.throttle.ServerLoad;
import dev.shoofly.database.throttle.SignalKind;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.throttle.CriticalAction;
import dev.shoofly.model.throttle.LoadLimit;
import dev.shoofly.model.throttle.LoadLimits;
import dev.shoofly.model.throttle.OutsideSignals;
import dev.shoofly.model.throttle.ReplicaLimits;
import dev.shoofly.model.throttle.ServerLimits;
import dev.shoofly.model.throttle.ThrottleSettings;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Every signal that MySQL gives of itself, provoked on a real server. */
class LoadIT {
    private static final ThrottleSettings DEFAULT = ThrottleSettings.DEFAULT;
    private static Bench bench;
    private static MigrationPlan plan;

    @BeforeAll
    static void open() throws SQLException {
        bench = Bench.open();
        bench.sql("CREATE TABLE t (id INT PRIMARY KEY, v INT)", "INSERT INTO t VALUES (1, 1), (2, 2)");
        plan = bench.prepare("t", "ADD COLUMN w INT");
    }

    @AfterAll
    static void close() throws SQLException {
        bench.close();
    }

    private static Reading read(ThrottleSettings settings, SignalKind kind) {
        try (ServerLoad load = bench.database().load()) {
            return read(load, settings, kind);
        }
    }

    private static Reading read(ServerLoad load, ThrottleSettings settings, SignalKind kind) {
        return load.server(plan, settings).stream()
                .flatMap(signal -> signal.read().stream())
                .filter(reading -> reading.kind() == kind)
                .findFirst()
                .orElseThrow();
    }

    private static ThrottleSettings maxLoad(String limit) {
        return DEFAULT.with(
                new LoadLimits(List.of(LoadLimit.parse(limit)), List.of(), CriticalAction.PAUSE, Duration.ZERO));
    }

    private static ThrottleSettings query(String query) {
        return DEFAULT.with(new OutsideSignals(query, null, List.of()));
    }

    @Test
    void aStatusVariableStandsBesideItsLimit() throws SQLException {
        try (Connection other = bench.connect()) {
            Bench.execute(other, "SELECT 1");
            Reading connected = read(maxLoad("Threads_connected=2"), SignalKind.MAX_LOAD);
            assertThat(connected.pressure()).isGreaterThanOrEqualTo(1);
            assertThat(connected.sentence()).matches("Threads_connected is \\d+ \\(limit 2\\)");
        }
        assertThat(read(maxLoad("threads_running=10000"), SignalKind.MAX_LOAD).pressure())
                .isBetween(0.0, 0.1);
    }

    @Test
    void aCriticalLimitIsToldAsSuch() {
        ThrottleSettings settings = DEFAULT.with(new LoadLimits(
                List.of(), List.of(LoadLimit.parse("Threads_connected=1")), CriticalAction.PAUSE, Duration.ZERO));
        assertThat(read(settings, SignalKind.CRITICAL_LOAD).sentence()).contains("(critical: 1)");
    }

    @Test
    void anUnknownVariableStopsAndIsRefusedBeforehand() {
        assertThat(read(maxLoad("Threads_joking=1"), SignalKind.MAX_LOAD).pressure())
                .isEqualTo(Reading.STOP);
        try (ServerLoad load = bench.database().load()) {
            assertThat(load.findings(maxLoad("Threads_joking=1")))
                    .singleElement()
                    .asString()
                    .contains("no status variable Threads_joking");
            assertThat(load.findings(maxLoad("Ssl_cipher=1")))
                    .singleElement()
                    .asString()
                    .contains("not a number");
            assertThat(load.findings(DEFAULT)).isEmpty();
        }
    }

    @Test
    void theHistoryListGrowsUnderAnOldSnapshot() throws Exception {
        ThrottleSettings settings = DEFAULT.with(
                new ServerLimits(ServerLimits.DEFAULT_RETAINED_WAL, 0, ServerLimits.DEFAULT_TRANSACTION_AGE, 0, 50L));
        try (Connection reader = bench.connect()) {
            Bench.execute(reader, "START TRANSACTION WITH CONSISTENT SNAPSHOT");
            for (int i = 0; i < 200; i++) {
                bench.sql("UPDATE t SET v = v + 1");
            }
            Reading grown = read(settings, SignalKind.HISTORY);
            assertThat(grown.pressure()).isGreaterThan(1);
            assertThat(grown.sentence()).contains("undo logs to purge (limit 50)");
        }
    }

    @Test
    void withoutThePrivilegeTheHistoryListIsLeftOutAndTheGrantIsNamed() throws SQLException {
        bench.sql(
                "CREATE USER IF NOT EXISTS looker IDENTIFIED WITH mysql_native_password BY 'x'",
                "GRANT ALL ON `" + bench.schema() + "`.* TO looker",
                "GRANT SELECT ON performance_schema.* TO looker");
        try (Database seen = Databases.open(bench.profile("looker", "x"), 2, FaultPoints.NONE);
                ServerLoad load = seen.load()) {
            Reading reading = read(load, DEFAULT, SignalKind.HISTORY);
            assertThat(reading.pressure()).isEqualTo(Reading.UNKNOWN);
            assertThat(reading.words()).contains("GRANT PROCESS ON *.*");
        } finally {
            bench.sql("DROP USER looker");
        }
    }

    @Test
    void aQueryStopsWhileItsValueIsAboveZero() throws SQLException {
        ThrottleSettings settings = query("SELECT v > 1000000 FROM t WHERE id = 2");
        assertThat(read(settings, SignalKind.QUERY).pressure()).isZero();
        bench.sql("UPDATE t SET v = 2000000 WHERE id = 2");
        assertThat(read(settings, SignalKind.QUERY).pressure()).isEqualTo(Reading.STOP);
        assertThat(read(settings, SignalKind.QUERY).sentence()).isEqualTo("throttle query says 1");
        bench.sql("UPDATE t SET v = NULL WHERE id = 2");
        assertThat(read(settings, SignalKind.QUERY).pressure()).isZero();
        assertThat(read(query("SELECT 1 FROM t WHERE id = 99"), SignalKind.QUERY)
                        .pressure())
                .isZero();
    }

    @Test
    void aQueryThatFailsHangsOrWritesStopsAndWritesNothing() throws SQLException {
        for (String query : List.of("SELECT no_such_column", "SELECT 'many'", "SELECT SLEEP(60)")) {
            Reading reading = read(query(query), SignalKind.QUERY);
            assertThat(reading.pressure()).as(query).isEqualTo(Reading.STOP);
            assertThat(reading.words()).as(query).startsWith("cannot be measured: ");
        }
        try (ServerLoad load = bench.database().load()) {
            assertThat(load.findings(query("SELECT no_such_column")))
                    .singleElement()
                    .asString()
                    .contains("no_such_column");
            String before = bench.value("SELECT count(*) FROM t");
            assertThat(load.findings(query("DELETE FROM t"))).hasSize(1);
            assertThat(read(load, query("DELETE FROM t"), SignalKind.QUERY).pressure())
                    .isEqualTo(Reading.STOP);
            assertThat(bench.value("SELECT count(*) FROM t")).isEqualTo(before);
            assertThat(read(load, query("SELECT 0"), SignalKind.QUERY).pressure())
                    .as("the connection is usable afterwards")
                    .isZero();
        }
    }

    @Test
    void tellsAnApplicationFromOurOwnSessions() throws Exception {
        try (ServerLoad load = bench.database().load()) {
            Bench.await(() -> !load.othersWork());
            bench.database().control().markers().next(plan.id());
            assertThat(load.othersWork()).isFalse();
            bench.sql("UPDATE t SET v = 1 WHERE id = 1");
            assertThat(load.othersWork()).isTrue();
        }
    }

    @Test
    void aServerThatIsAwayIsAReasonToStop() {
        try (Database nowhere = Databases.open(
                        new dev.shoofly.database.connection.ConnectionProfile(
                                "jdbc:mysql://127.0.0.1:1/x", "u", new dev.shoofly.database.connection.Secret("p")),
                        1,
                        FaultPoints.NONE);
                ServerLoad load = nowhere.load()) {
            Reading reading = read(load, DEFAULT, SignalKind.SILENCE);
            assertThat(reading.pressure()).isEqualTo(Reading.STOP);
            assertThat(reading.sentence()).startsWith("the server does not say how busy it is");
        }
    }

    @Test
    void withoutReplicasThereIsNothingToLag() {
        try (ServerLoad load = bench.database().load()) {
            for (LoadSignal signal : load.replicas(plan, DEFAULT, new Heartbeats())) {
                assertThat(signal.read()).isEmpty();
                signal.close();
            }
            assertThat(load.replicas(
                            plan,
                            DEFAULT.with(new ReplicaLimits(
                                    ReplicaLimits.Choice.NONE, List.of(), Duration.ofSeconds(1), List.of())),
                            new Heartbeats()))
                    .isEmpty();
            assertThat(load.replicaFindings(DEFAULT)).isEmpty();
        }
    }

    @Test
    void refusesWhatIsAboutAnotherServer() {
        try (ServerLoad load = bench.database().load()) {
            assertThat(load.findings(DEFAULT.with(
                            new ServerLimits(1L << 30, 2, 2_000_000_000L, 10, ServerLimits.DEFAULT_HISTORY))))
                    .hasSize(4)
                    .allMatch(finding -> finding.contains("is about PostgreSQL"));
        }
    }
}
