package dev.shoofly.database.mysql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.database.throttle.Heartbeats;
import dev.shoofly.database.throttle.LoadSignal;
import dev.shoofly.database.throttle.Reading;
import dev.shoofly.database.throttle.ServerLoad;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.throttle.ReplicaLag;
import dev.shoofly.model.throttle.ReplicaLimits;
import dev.shoofly.model.throttle.ThrottleSettings;
import dev.shoofly.servers.fixture.ReplicatedMySql;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;

/** The lag of a real replica, measured with our own heartbeat. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@Timeout(120)
class ReplicaLagIT {
    private static final Duration LIMIT = Duration.ofMillis(500);
    private static final Heartbeats HEARTBEATS = new Heartbeats();
    private static ReplicatedMySql servers;
    private static Bench bench;
    private static MigrationPlan plan;

    @BeforeAll
    static void open() throws SQLException {
        servers = ReplicatedMySql.start(Map.of());
        bench = Bench.on(servers.primary());
        bench.sql("CREATE TABLE t (id INT PRIMARY KEY, v INT)");
        plan = bench.prepare("t", "ADD COLUMN w INT");
    }

    @AfterAll
    static void close() throws SQLException {
        bench.close();
        servers.close();
    }

    /** Writes markers and looks until the only replica reads as wanted. */
    private static Reading await(LoadSignal signal, Predicate<Reading> wanted) throws Exception {
        Reading[] last = new Reading[1];
        Bench.await(() -> {
            HEARTBEATS.wrote(bench.database().control().markers().next(plan.id()), System.nanoTime());
            List<Reading> readings = signal.read();
            last[0] = readings.isEmpty() ? null : readings.get(0);
            return last[0] != null && wanted.test(last[0]);
        });
        return last[0];
    }

    private static LoadSignal signal(ServerLoad load, ReplicaLimits limits) {
        return load.replicas(plan, ThrottleSettings.DEFAULT.with(limits), HEARTBEATS)
                .get(0);
    }

    private static ReplicaLimits auto() {
        return ReplicaLimits.listed(LIMIT);
    }

    private static ReplicaLimits named() {
        return ReplicaLimits.named(List.of(servers.replica().jdbcUrl()), LIMIT);
    }

    @Test
    @Order(1)
    void aReplicaThatTellsNoAddressIsFoundByItsSession() throws Exception {
        try (ServerLoad load = bench.database().load();
                LoadSignal signal = signal(load, auto())) {
            Reading reading = await(signal, seen -> seen.pressure() < 1);
            assertThat(reading.name())
                    .isEqualTo("replica 127.0.0.1:" + servers.replica().port());
            assertThat(reading.words()).matches("lags [\\d.]+ m?s \\(limit 500 ms\\)");
            assertThat(load.replicaFindings(ThrottleSettings.DEFAULT)).isEmpty();
        }
    }

    @Test
    @Order(2)
    void theLagGrowsWhileTheReplicaDoesNotApplyAndFallsWhenItDoes() throws Exception {
        try (ServerLoad load = bench.database().load();
                LoadSignal signal = signal(load, auto())) {
            await(signal, seen -> seen.pressure() < 1);
            servers.onReplica("STOP REPLICA SQL_THREAD");
            Reading late = await(signal, seen -> seen.pressure() > 3);
            assertThat(late.words()).startsWith("lags 1.");
            servers.onReplica("START REPLICA SQL_THREAD");
            await(signal, seen -> seen.pressure() < 1);
        }
    }

    @Test
    @Order(3)
    void aReplicaThatReceivesNothingAnyMoreIsStillWatched() throws Exception {
        try (ServerLoad load = bench.database().load();
                LoadSignal signal = signal(load, auto())) {
            await(signal, seen -> seen.pressure() < 1);
            servers.onReplica("STOP REPLICA");
            await(signal, seen -> seen.pressure() > 2);
            servers.onReplica("START REPLICA");
            await(signal, seen -> seen.pressure() < 1);
        }
    }

    @Test
    @Order(4)
    void aNamedReplicaWithADelayLagsByIt() throws Exception {
        try (ServerLoad load = bench.database().load();
                LoadSignal signal = signal(load, named())) {
            servers.onReplica(
                    "STOP REPLICA SQL_THREAD",
                    "CHANGE REPLICATION SOURCE TO SOURCE_DELAY = 2",
                    "START REPLICA SQL_THREAD");
            await(signal, seen -> seen.pressure() > 3.6);
            servers.onReplica(
                    "STOP REPLICA SQL_THREAD",
                    "CHANGE REPLICATION SOURCE TO SOURCE_DELAY = 0",
                    "START REPLICA SQL_THREAD");
            await(signal, seen -> seen.pressure() < 1);
        }
    }

    /** An hour is more than this test takes: nothing here depends on how fast the machine is. */
    @Test
    @Order(5)
    void aReplicaWithALimitOfItsOwnIsMeasuredByThatAndNotByTheLimitOfAll() throws Exception {
        List<ReplicaLag> own = List.of(
                new ReplicaLag("127.0.0.1:" + servers.replica().port(), Duration.ofHours(1)),
                new ReplicaLag("nobody:3306", Duration.ofHours(1)));
        try (ServerLoad load = bench.database().load();
                LoadSignal ofAll = signal(load, auto());
                LoadSignal listed = signal(load, auto().with(own));
                LoadSignal named = signal(load, named().with(own))) {
            await(ofAll, seen -> seen.pressure() < 1);
            await(listed, seen -> seen.pressure() < 1);
            await(named, seen -> seen.pressure() < 1);
            servers.onReplica("STOP REPLICA SQL_THREAD");
            assertThat(await(ofAll, seen -> seen.pressure() > 3).words()).contains("(limit 500 ms)");
            for (LoadSignal each : List.of(listed, named)) {
                Reading late = each.read().get(0);
                assertThat(late.name())
                        .isEqualTo("replica 127.0.0.1:" + servers.replica().port());
                assertThat(late.pressure()).isLessThan(1);
                assertThat(late.words()).matches("lags [\\d.]+ s \\(its own limit 3600 s\\)");
            }
            assertThat(listed.read().get(1).sentence()).startsWith("replica nobody:3306 is not among those");
            assertThat(load.findings(ThrottleSettings.DEFAULT.with(named().with(own))))
                    .singleElement()
                    .asString()
                    .startsWith("--max-lag nobody:3306=1h is for none of the replicas that --replica names");
            servers.onReplica("START REPLICA SQL_THREAD");
            await(ofAll, seen -> seen.pressure() < 1);
        }
    }

    @Test
    @Order(6)
    void aReplicaThatIsAwayIsAReasonToStopAndComesBack() throws Exception {
        try (ServerLoad load = bench.database().load();
                LoadSignal signal = signal(load, named())) {
            await(signal, seen -> seen.pressure() < 1);
            servers.replica().kill();
            Reading away = await(
                    signal,
                    seen -> seen.pressure() == Reading.STOP && seen.words().contains("reached"));
            assertThat(away.sentence())
                    .startsWith("replica 127.0.0.1:" + servers.replica().port() + " cannot be reached: ");
            assertThat(load.replicaFindings(ThrottleSettings.DEFAULT.with(named())))
                    .singleElement()
                    .asString()
                    .contains("cannot be reached")
                    .contains("asked as user root");
            servers.replica().restart();
            servers.onReplica("START REPLICA");
            await(signal, seen -> seen.pressure() < 1);
        }
    }

    @Test
    void aReplicaOfAnotherKindIsRefused() {
        try (ServerLoad load = bench.database().load()) {
            assertThat(load.replicaFindings(ThrottleSettings.DEFAULT.with(
                            ReplicaLimits.named(List.of("jdbc:postgresql://127.0.0.1:1/x"), LIMIT))))
                    .singleElement()
                    .asString()
                    .contains("it is no MySQL server");
        }
    }
}
