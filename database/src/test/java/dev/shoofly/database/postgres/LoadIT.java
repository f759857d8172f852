package dev.shoofly.database.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.database.ChangeLog;
import dev.shoofly.database.Database;
import dev.shoofly.database.throttle.Reading;
import dev.shoofly.database.throttle.ServerLoad;
import dev.shoofly.database.throttle.SignalKind;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.throttle.CriticalAction;
import dev.shoofly.model.throttle.LoadLimit;
import dev.shoofly.model.throttle.LoadLimits;
import dev.shoofly.model.throttle.OutsideSignals;
import dev.shoofly.model.throttle.ServerLimits;
import dev.shoofly.model.throttle.ThrottleSettings;
import dev.shoofly.servers.PostgresVersion;
import dev.shoofly.servers.fixture.TestServers;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every signal that PostgreSQL gives of itself, provoked on a real server. */
class LoadIT {
    private static final ThrottleSettings DEFAULT = ThrottleSettings.DEFAULT;
    private static Lab lab;
    private static MigrationPlan plan;

    @BeforeAll
    static void open() throws SQLException {
        lab = Lab.open();
        lab.run(
                "CREATE TABLE t (id int PRIMARY KEY, v int)",
                "INSERT INTO t SELECT i, i FROM generate_series(1, 20000) i");
        plan = lab.prepare("t", "ADD COLUMN w int");
    }

    @AfterAll
    static void close() throws SQLException {
        lab.close();
    }

    private static Reading read(ThrottleSettings settings, SignalKind kind) {
        try (ServerLoad load = lab.database.load()) {
            return read(load, plan, settings, kind);
        }
    }

    private static Reading read(ServerLoad load, MigrationPlan migration, ThrottleSettings settings, SignalKind kind) {
        return load.server(migration, settings).stream()
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
    void countsSessionsBesideTheirLimits() throws SQLException {
        try (Connection holder = lab.connect();
                Statement held = holder.createStatement()) {
            holder.setAutoCommit(false);
            held.execute("UPDATE t SET v = 0 WHERE id = 1");
            Reading idle = read(maxLoad("idle_in_transaction=1"), SignalKind.MAX_LOAD);
            assertThat(idle.pressure()).isGreaterThanOrEqualTo(1);
            assertThat(idle.sentence()).matches("idle_in_transaction is \\d+ \\(limit 1\\)");
            Thread waiter = new Thread(() -> lab.run("UPDATE t SET v = 1 WHERE id = 1"));
            waiter.start();
            Waits.until(() ->
                    read(maxLoad("Waiting_backends=1"), SignalKind.MAX_LOAD).pressure() >= 1);
            assertThat(read(maxLoad("active_backends=1"), SignalKind.MAX_LOAD).pressure())
                    .isGreaterThanOrEqualTo(1);
            holder.rollback();
        }
        assertThat(read(maxLoad("connections=10000"), SignalKind.MAX_LOAD).pressure())
                .isBetween(0.0, 0.1);
    }

    @Test
    void anUnknownCountStopsAndIsRefusedBeforehand() {
        assertThat(read(maxLoad("Threads_running=1"), SignalKind.MAX_LOAD).pressure())
                .isEqualTo(Reading.STOP);
        try (ServerLoad load = lab.database.load()) {
            assertThat(load.findings(maxLoad("Threads_running=1")))
                    .singleElement()
                    .asString()
                    .contains("active_backends, connections, idle_in_transaction, waiting_backends");
            assertThat(load.findings(DEFAULT)).isEmpty();
            assertThat(load.findings(DEFAULT.with(new ServerLimits(
                            ServerLimits.DEFAULT_RETAINED_WAL, 0, ServerLimits.DEFAULT_TRANSACTION_AGE, 0, 5L))))
                    .singleElement()
                    .asString()
                    .contains("is about MySQL");
        }
    }

    @Test
    void theSlotsLogCountsFromWhereItIsKept() {
        ThrottleSettings settings = DEFAULT.with(
                new ServerLimits(1L << 20, 0, ServerLimits.DEFAULT_TRANSACTION_AGE, 0, ServerLimits.DEFAULT_HISTORY));
        lab.run("SELECT pg_create_logical_replication_slot('" + ChangeLog.slot(plan.id()) + "', 'pgoutput')");
        try {
            lab.run(
                    "CREATE TABLE bulk AS SELECT repeat('x', 1000) AS x FROM generate_series(1, 5000)",
                    "SELECT pg_switch_wal()");
            Reading kept = read(settings, SignalKind.RETAINED_WAL);
            assertThat(kept.pressure()).isGreaterThan(1);
            assertThat(kept.sentence()).matches("the slot keeps .* of WAL \\(limit 1,024 kB\\)");
        } finally {
            lab.run("SELECT pg_drop_replication_slot('" + ChangeLog.slot(plan.id()) + "')");
        }
    }

    @Test
    void halfOfWhatTheServerKeepsForSlotsIsALimitToo() {
        RetainedWal wal = new RetainedWal(plan.id(), 16L << 30);
        assertThat(wal.reading(1L << 30, -1).pressure()).isEqualTo(1.0 / 16);
        assertThat(wal.reading(1L << 30, 2_048).pressure()).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource(PostgresVersion.class)
    void forcedCheckpointsOfTheLastMinuteCount(PostgresVersion version) throws SQLException {
        try (Lab other = Lab.open(TestServers.postgres(version), FaultPoints.NONE)) {
            other.run("CREATE TABLE t (id int PRIMARY KEY)");
            MigrationPlan migration = other.prepare("t", "ADD COLUMN w int");
            ThrottleSettings settings = DEFAULT.with(new ServerLimits(
                    ServerLimits.DEFAULT_RETAINED_WAL,
                    1,
                    ServerLimits.DEFAULT_TRANSACTION_AGE,
                    0,
                    ServerLimits.DEFAULT_HISTORY));
            try (ServerLoad load = other.database.load()) {
                var signal = load.server(migration, settings).stream()
                        .filter(each -> each.read().stream().anyMatch(seen -> seen.kind() == SignalKind.CHECKPOINTS))
                        .findFirst()
                        .orElseThrow();
                assertThat(signal.read().get(0).pressure()).isZero();
                other.run("INSERT INTO t VALUES (1)", "CHECKPOINT", "INSERT INTO t VALUES (2)", "CHECKPOINT");
                Waits.until(() -> signal.read().get(0).pressure() >= 2);
                assertThat(signal.read().get(0).words()).endsWith("(limit 1)");
            }
        }
    }

    @Test
    void forcedCheckpointsAreForgottenAfterAMinute() {
        Checkpoints checkpoints = new Checkpoints(2);
        long second = 1_000_000_000L;
        assertThat(checkpoints.reading(7, second).pressure()).isZero();
        assertThat(checkpoints.reading(10, 30 * second).pressure()).isEqualTo(1.5);
        assertThat(checkpoints.reading(10, 95 * second).pressure()).isZero();
    }

    @Test
    void theOldestTransactionIdHasAnAge() {
        Reading age = read(DEFAULT, SignalKind.TRANSACTION_AGE);
        assertThat(age.pressure()).isBetween(0.0, 0.1);
        assertThat(age.sentence()).contains("transaction ids of database ").contains("(limit 1,500,000,000)");
        assertThat(read(
                                DEFAULT.with(new ServerLimits(
                                        ServerLimits.DEFAULT_RETAINED_WAL, 0, 1L, 0, ServerLimits.DEFAULT_HISTORY)),
                                SignalKind.TRANSACTION_AGE)
                        .pressure())
                .isGreaterThan(1);
    }

    @Test
    void deadRowsOfTheShadowCount() {
        String shadow = Lab.shadow(plan);
        lab.run("ALTER TABLE " + shadow + " SET (autovacuum_enabled = off)");
        ThrottleSettings settings = DEFAULT.with(new ServerLimits(
                ServerLimits.DEFAULT_RETAINED_WAL,
                0,
                ServerLimits.DEFAULT_TRANSACTION_AGE,
                20,
                ServerLimits.DEFAULT_HISTORY));
        lab.run(
                "INSERT INTO " + shadow + " (id, v) SELECT i, i FROM generate_series(1, 10000) i",
                "DELETE FROM " + shadow + " WHERE id <= 5000");
        Waits.until(() -> read(settings, SignalKind.BLOAT).pressure() >= 2.4);
        assertThat(read(settings, SignalKind.BLOAT).sentence())
                .isEqualTo("the shadow has 5,000 dead rows, 50 % (limit 20 %)");
        lab.run("TRUNCATE " + shadow, "ALTER TABLE " + shadow + " RESET (autovacuum_enabled)");
    }

    @Test
    void aQueryStopsWhileItsValueIsAboveZeroOrTrue() {
        assertThat(read(query("SELECT count(*) FROM t WHERE id < 0"), SignalKind.QUERY)
                        .pressure())
                .isZero();
        assertThat(read(query("SELECT count(*) FROM t"), SignalKind.QUERY).sentence())
                .isEqualTo("throttle query says 20000");
        assertThat(read(query("SELECT true"), SignalKind.QUERY).pressure()).isEqualTo(Reading.STOP);
        assertThat(read(query("SELECT null::int"), SignalKind.QUERY).pressure()).isZero();
    }

    @Test
    void aQueryThatFailsHangsOrWritesStopsAndWritesNothing() {
        for (String query : List.of("SELECT no_such_column", "SELECT 'many'", "SELECT pg_sleep(60)")) {
            Reading reading = read(query(query), SignalKind.QUERY);
            assertThat(reading.pressure()).as(query).isEqualTo(Reading.STOP);
            assertThat(reading.words()).as(query).startsWith("cannot be measured: ");
        }
        try (ServerLoad load = lab.database.load()) {
            String writes = "DELETE FROM t RETURNING 0";
            assertThat(load.findings(query(writes))).singleElement().asString().contains("read-only");
            assertThat(read(load, plan, query(writes), SignalKind.QUERY).pressure())
                    .isEqualTo(Reading.STOP);
            assertThat(lab.value("SELECT count(*) FROM t")).isEqualTo("20000");
            assertThat(read(load, plan, query("SELECT 0"), SignalKind.QUERY).pressure())
                    .as("the connection is usable afterwards")
                    .isZero();
        }
    }

    @Test
    void tellsAnApplicationFromOurOwnSessions() throws SQLException {
        try (ServerLoad load = lab.database.load();
                Connection application = lab.connect();
                Statement statement = application.createStatement()) {
            Waits.until(() -> !load.othersWork());
            lab.database.control().markers().next(plan.id());
            assertThat(load.othersWork()).isFalse();
            statement.execute("SELECT 1");
            assertThat(load.othersWork()).isTrue();
        }
    }

    @Test
    void aServerThatIsAwayIsAReasonToStop() {
        try (Database nowhere = new PostgresDatabase(
                        new dev.shoofly.database.connection.ConnectionProfile(
                                "jdbc:postgresql://127.0.0.1:1/x",
                                "u",
                                new dev.shoofly.database.connection.Secret("p")),
                        1,
                        FaultPoints.NONE);
                ServerLoad load = nowhere.load()) {
            Reading reading = read(load, plan, DEFAULT, SignalKind.SILENCE);
            assertThat(reading.pressure()).isEqualTo(Reading.STOP);
            assertThat(reading.sentence()).startsWith("the server does not say how busy it is");
        }
    }
}
