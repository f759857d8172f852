package dev.shoofly.database.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.database.connection.ConnectionProfile;
import dev.shoofly.database.throttle.Heartbeats;
import dev.shoofly.database.throttle.LoadSignal;
import dev.shoofly.database.throttle.Reading;
import dev.shoofly.database.throttle.ServerLoad;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.throttle.ReplicaLag;
import dev.shoofly.model.throttle.ReplicaLimits;
import dev.shoofly.model.throttle.ThrottleSettings;
import dev.shoofly.servers.PostgresVersion;
import dev.shoofly.servers.fixture.ReplicatedPostgres;
import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.postgresql.PGConnection;
import org.postgresql.PGProperty;
import org.postgresql.replication.LogSequenceNumber;
import org.postgresql.replication.PGReplicationStream;

/** The lag of a real standby, as the primary shows it and as the standby itself shows it. */
@Timeout(120)
class StandbyLagIT {
    private static final Duration LIMIT = Duration.ofMillis(500);
    private static final Heartbeats HEARTBEATS = new Heartbeats();
    private static ReplicatedPostgres servers;
    private static Lab lab;
    private static MigrationPlan plan;

    @BeforeAll
    static void open() throws SQLException, IOException {
        servers = ReplicatedPostgres.start(PostgresVersion.V17, Map.of());
        lab = Lab.open(servers.primary(), FaultPoints.NONE);
        lab.run("CREATE TABLE t (id int PRIMARY KEY, v int)");
        plan = lab.prepare("t", "ADD COLUMN w int");
    }

    @AfterAll
    static void close() throws SQLException {
        lab.close();
        servers.close();
    }

    private static Reading await(LoadSignal signal, Predicate<Reading> wanted) {
        Reading[] last = new Reading[1];
        Waits.until(() -> {
            HEARTBEATS.wrote(lab.database.control().markers().next(plan.id()), System.nanoTime());
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

    private static ReplicaLimits named() {
        return ReplicaLimits.named(
                List.of("jdbc:postgresql://127.0.0.1:" + servers.standby().port() + "/" + lab.databaseName), LIMIT);
    }

    @Test
    void aStandbyThatDoesNotReplayLagsAndCatchesUp() throws SQLException {
        try (ServerLoad load = lab.database.load();
                LoadSignal signal = signal(load, ReplicaLimits.listed(LIMIT))) {
            Reading first = await(signal, seen -> seen.pressure() < 1);
            assertThat(first.name()).isEqualTo("standby standby_1 at 127.0.0.1");
            servers.onStandby("SELECT pg_wal_replay_pause()");
            Reading late = await(signal, seen -> seen.pressure() > 3);
            assertThat(late.words()).matches("lags [\\d.]+ s \\(limit 500 ms\\)");
            servers.onStandby("SELECT pg_wal_replay_resume()");
            await(signal, seen -> seen.pressure() < 1);
        }
    }

    @Test
    void aNamedStandbyIsAskedItself() throws SQLException {
        try (ServerLoad load = lab.database.load();
                LoadSignal signal = signal(load, named())) {
            await(signal, seen -> seen.pressure() < 1);
            assertThat(load.replicaFindings(ThrottleSettings.DEFAULT.with(named())))
                    .isEmpty();
            servers.onStandby("SELECT pg_wal_replay_pause()");
            await(signal, seen -> seen.pressure() > 3);
            servers.onStandby("SELECT pg_wal_replay_resume()");
            await(signal, seen -> seen.pressure() < 1);
        }
    }

    /** By what the standby calls itself, by its address, and by host and port where it is named by its URL. */
    @Test
    void aStandbyWithALimitOfItsOwnIsMeasuredByThatAndNotByTheLimitOfAll() throws SQLException {
        try (ServerLoad load = lab.database.load();
                LoadSignal ofAll = signal(load, ReplicaLimits.listed(LIMIT));
                LoadSignal byName = signal(load, ReplicaLimits.listed(LIMIT).with(anHour("STANDBY_1")));
                LoadSignal byAddress = signal(load, ReplicaLimits.listed(LIMIT).with(anHour("127.0.0.1")));
                LoadSignal byUrl = signal(
                        load,
                        named().with(anHour("127.0.0.1:" + servers.standby().port())));
                LoadSignal ofAnother = signal(load, ReplicaLimits.listed(LIMIT).with(anHour("standby_2")))) {
            List<LoadSignal> own = List.of(byName, byAddress, byUrl);
            own.forEach(each -> await(each, seen -> seen.pressure() < 1));
            await(ofAnother, seen -> seen.pressure() < 1);
            await(ofAll, seen -> seen.pressure() < 1);
            servers.onStandby("SELECT pg_wal_replay_pause()");
            assertThat(await(ofAll, seen -> seen.pressure() > 3).words()).contains("(limit 500 ms)");
            assertThat(await(ofAnother, seen -> seen.pressure() > 3).words()).contains("(limit 500 ms)");
            assertThat(ofAnother.read().get(1).sentence()).startsWith("replica standby_2 is not among those");
            own.forEach(each -> {
                Reading late = each.read().get(0);
                assertThat(late.words()).matches("lags [\\d.]+ s .*");
                assertThat(late.pressure()).isLessThan(1);
                assertThat(late.words()).contains("(its own limit 3600 s)");
            });
            servers.onStandby("SELECT pg_wal_replay_resume()");
            await(ofAll, seen -> seen.pressure() < 1);
        }
    }

    /** Every change makes the signal anew. */
    @Test
    void aChangeOfTheLimitsDoesNotForgetForHowLongAStandbyHasLagged() throws SQLException {
        try (ServerLoad load = lab.database.load()) {
            try (LoadSignal before = signal(load, ReplicaLimits.listed(LIMIT))) {
                await(before, seen -> seen.pressure() < 1);
                servers.onStandby("SELECT pg_wal_replay_pause()");
                await(before, seen -> seen.pressure() > 3);
            }
            try (LoadSignal after = signal(load, ReplicaLimits.listed(LIMIT.multipliedBy(2)))) {
                assertThat(after.read().get(0).pressure()).isGreaterThan(1.5);
                servers.onStandby("SELECT pg_wal_replay_resume()");
                await(after, seen -> seen.pressure() < 1);
            }
        }
    }

    private static List<ReplicaLag> anHour(String replica) {
        return List.of(new ReplicaLag(replica, Duration.ofHours(1)));
    }

    @Test
    void aLogicalSubscriberIsNoStandby() throws SQLException {
        lab.run("CREATE PUBLICATION p FOR TABLE t");
        String connection = "host=127.0.0.1 port=" + servers.primary().port() + " dbname=" + lab.databaseName + " user="
                + servers.primary().user() + " password=" + servers.primary().password();
        try (Lab subscriber = Lab.open(servers.primary(), FaultPoints.NONE);
                ServerLoad load = lab.database.load();
                LoadSignal signal = signal(load, ReplicaLimits.listed(LIMIT))) {
            subscriber.run("CREATE TABLE t (id int PRIMARY KEY, v int)");
            // A subscription to the same server cannot make its slot itself: the two would wait for each other.
            lab.run("SELECT pg_create_logical_replication_slot('s', 'pgoutput')");
            subscriber.run("CREATE SUBSCRIPTION s CONNECTION '" + connection
                    + "' PUBLICATION p WITH (create_slot = false, slot_name = 's')");
            Waits.until(
                    () -> lab.value("SELECT count(*) FROM pg_stat_replication").equals("2"));
            await(signal, seen -> seen.pressure() < 1);
            assertThat(signal.read())
                    .singleElement()
                    .satisfies(reading -> assertThat(reading.name()).isEqualTo("standby standby_1 at 127.0.0.1"));
            subscriber.run("DROP SUBSCRIPTION s");
        }
    }

    /** So the copy of a subscription's table ends: its stream is over, its slot let go, its connection still there. */
    @Test
    void aLogicalSubscriberWhoseStreamIsOverIsNoStandbyEither() throws SQLException {
        lab.run("SELECT pg_create_logical_replication_slot('over', 'test_decoding')");
        Properties login = new Properties();
        PGProperty.USER.set(login, servers.primary().user());
        PGProperty.PASSWORD.set(login, servers.primary().password());
        PGProperty.ASSUME_MIN_SERVER_VERSION.set(login, "10");
        PGProperty.REPLICATION.set(login, "database");
        PGProperty.PREFER_QUERY_MODE.set(login, "simple");
        String url = "jdbc:postgresql://127.0.0.1:" + servers.primary().port() + "/" + lab.databaseName;
        try (Connection sender = DriverManager.getConnection(url, login);
                ServerLoad load = lab.database.load();
                LoadSignal signal = signal(load, ReplicaLimits.listed(LIMIT))) {
            LogSequenceNumber now = LogSequenceNumber.valueOf(lab.value("SELECT pg_current_wal_lsn()"));
            try (PGReplicationStream stream = sender.unwrap(PGConnection.class)
                    .getReplicationAPI()
                    .replicationStream()
                    .logical()
                    .withSlotName("over")
                    .withStartPosition(now)
                    .start()) {
                stream.setAppliedLSN(now);
                stream.setFlushedLSN(now);
                stream.forceUpdateStatus();
                Waits.until(() -> lab.value("SELECT count(*) FROM pg_stat_replication WHERE replay_lsn IS NOT NULL")
                        .equals("2"));
            }
            Waits.until(() -> lab.value("SELECT active FROM pg_replication_slots WHERE slot_name = 'over'")
                    .equals("f"));
            assertThat(lab.value("SELECT count(*) FROM pg_stat_replication WHERE replay_lsn IS NOT NULL"))
                    .isEqualTo("2");
            await(signal, seen -> seen.pressure() < 1);
            assertThat(signal.read())
                    .singleElement()
                    .satisfies(reading -> assertThat(reading.name()).isEqualTo("standby standby_1 at 127.0.0.1"));
        }
        lab.run("SELECT pg_drop_replication_slot('over')");
    }

    @Test
    void withoutThePrivilegeStandbysAreNotSeenAndTheGrantIsNamed() {
        lab.run("CREATE ROLE looker LOGIN PASSWORD 'x'");
        ConnectionProfile profile = lab.profile("looker", "x");
        try (PostgresDatabase seen = new PostgresDatabase(profile, 1, FaultPoints.NONE);
                ServerLoad load = seen.load();
                LoadSignal signal = signal(load, ReplicaLimits.listed(LIMIT))) {
            assertThat(signal.read()).singleElement().satisfies(reading -> {
                assertThat(reading.pressure()).isEqualTo(Reading.UNKNOWN);
                assertThat(reading.words()).contains("GRANT pg_read_all_stats");
            });
        }
        lab.run("DROP ROLE looker");
    }

    @Test
    void aReplicaThatCannotBeReachedIsNamedBeforeTheStart() {
        try (ServerLoad load = lab.database.load()) {
            assertThat(load.replicaFindings(ThrottleSettings.DEFAULT.with(
                            ReplicaLimits.named(List.of("jdbc:postgresql://127.0.0.1:1/x"), LIMIT))))
                    .singleElement()
                    .asString()
                    .contains("jdbc:postgresql://127.0.0.1:1/x cannot be reached");
        }
    }
}
