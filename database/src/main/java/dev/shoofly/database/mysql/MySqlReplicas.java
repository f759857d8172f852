package dev.shoofly.database.mysql;

import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.database.connection.ConnectionProfile;
import dev.shoofly.database.throttle.Heartbeats;
import dev.shoofly.database.throttle.LagLimit;
import dev.shoofly.database.throttle.LoadConnection;
import dev.shoofly.database.throttle.LoadSignal;
import dev.shoofly.database.throttle.Reading;
import dev.shoofly.database.throttle.ReplicaNames;
import dev.shoofly.database.throttle.ReplicaSession;
import dev.shoofly.database.throttle.SignalKind;
import dev.shoofly.database.throttle.Words;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.throttle.ReplicaLimits;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/**
 * The replicas that hang on the server now: found in its own list, asked at their own addresses. One that was found stays
 * watched as long as it can be reached, for a replica whose receiver has stopped leaves the list and goes on serving old rows.
 */
final class MySqlReplicas implements LoadSignal {
    private static final Duration EVERY = Duration.ofMillis(250);
    private static final Duration LIST_EVERY = Duration.ofSeconds(10);
    /** A replica tells its id in a variable of the session in which it reads the log; the session has its address. */
    private static final String ADDRESSES = """
            SELECT v.variable_value, t.processlist_host FROM performance_schema.user_variables_by_thread v
            JOIN performance_schema.threads t ON t.thread_id = v.thread_id
            WHERE v.variable_name IN ('replica_uuid', 'slave_uuid') AND t.processlist_command LIKE 'Binlog Dump%'
            """;

    private final ConnectionPool pool;
    private final MigrationId migration;
    private final ReplicaLimits limits;
    private final Heartbeats heartbeats;
    private final Map<String, Watched> watched = new LinkedHashMap<>();
    private Map<String, Found> listed = Map.of();
    private @Nullable Reading listFailure;
    private long listedAt;

    MySqlReplicas(ConnectionPool pool, MigrationId migration, ReplicaLimits limits, Heartbeats heartbeats) {
        this.pool = pool;
        this.migration = migration;
        this.limits = limits;
        this.heartbeats = heartbeats;
    }

    /**
     * A line of the server's list.
     *
     * @param host null: it told none, and its session has none either
     */
    record Found(long serverId, @Nullable String host, int port) {
        String name() {
            return host == null ? "replica with server id " + serverId : "replica " + host + ":" + port;
        }
    }

    /** @param names by which people may have given it a limit of its own */
    private record Watched(List<String> names, ReplicaSession session) {}

    @Override
    public List<Reading> read() {
        long now = System.nanoTime();
        if (listedAt == 0 || now - listedAt > LIST_EVERY.toNanos()) {
            listedAt = now;
            list();
        }
        List<Reading> readings = new ArrayList<>();
        if (listFailure != null) {
            readings.add(listFailure);
        }
        listed.values().stream()
                .filter(found -> found.host() == null)
                .forEach(found -> readings.add(Reading.stop(SignalKind.REPLICA_LAG, found.name(), WITHOUT_ADDRESS)));
        List<String> gone = new ArrayList<>();
        watched.forEach((name, each) -> {
            Reading reading = each.session().read().get(0);
            if (!each.session().isReached() && !listed.containsKey(name)) {
                gone.add(name);
            } else {
                readings.add(reading);
            }
        });
        gone.forEach(name -> close(watched.remove(name)));
        if (listFailure == null) {
            readings.addAll(ReplicaNames.absent(
                    limits, watched.values().stream().map(Watched::names).toList()));
        }
        return readings;
    }

    private static final String WITHOUT_ADDRESS =
            "tells no address: set report_host there, name it with --replica, or" + " choose --replica none";

    private void list() {
        try {
            Map<String, Found> found = new LinkedHashMap<>();
            pool.with("listing the replicas", MySqlReplicas::list).forEach(each -> found.put(each.name(), each));
            listed = found;
            listFailure = null;
        } catch (ShooflyException e) {
            listFailure =
                    Reading.stop(SignalKind.REPLICA_LAG, "the list of replicas", "cannot be read: " + Words.oneLine(e));
        }
        listed.forEach((name, found) -> {
            String host = found.host();
            if (host != null) {
                watched.computeIfAbsent(name, absent -> session(host, found.port()));
            }
        });
    }

    private Watched session(String host, int port) {
        List<String> names = ReplicaNames.at(host, port);
        return new Watched(
                names,
                new ReplicaSession(
                        host + ":" + port,
                        () -> connect(pool.profile().at(host, port)),
                        migration,
                        LagLimit.of(limits, names),
                        heartbeats));
    }

    static List<Found> list(Connection connection) throws SQLException {
        Map<String, String> addresses = new LinkedHashMap<>();
        SqlText.of(ADDRESSES)
                .list(connection, row -> addresses.put(row.getString(1), String.valueOf(row.getString(2))));
        return SqlText.of(statement(connection)).list(connection, row -> {
            String told = row.getString(2);
            String host = told == null || told.isEmpty() ? addresses.get(row.getString(5)) : told;
            return new Found(row.getLong(1), host, row.getInt(3));
        });
    }

    /** The words changed in 8.0.22; both have the same columns: id, host, port, source's id, uuid. */
    private static String statement(Connection connection) throws SQLException {
        String version = connection.getMetaData().getDatabaseProductVersion();
        String[] parts = version.split("[^0-9]+");
        boolean old =
                Integer.parseInt(parts[0]) == 8 && Integer.parseInt(parts[1]) == 0 && Integer.parseInt(parts[2]) < 22;
        return old ? "SHOW SLAVE HOSTS" : "SHOW REPLICAS";
    }

    /** Those of the list that cannot be asked from here. */
    static List<String> findings(Connection connection, ConnectionProfile profile) throws SQLException {
        List<String> findings = new ArrayList<>();
        for (Found found : list(connection)) {
            String host = found.host();
            if (host == null) {
                findings.add(found.name() + " " + WITHOUT_ADDRESS);
            } else {
                ReplicaSession.unreachable(() -> connect(profile.at(host, found.port())))
                        .ifPresent(why -> findings.add(found.name() + ", which the server lists, " + why
                                + ". Let user " + profile.user() + " connect to it, name the replicas that matter with"
                                + " --replica, or choose --replica none"));
            }
        }
        return findings;
    }

    /** As the migration's own user, whose password is the same there. */
    static ConnectionProfile at(String url, ConnectionProfile primary) {
        ConnectionProfile replica = new ConnectionProfile(url, primary.user(), primary.password());
        if (replica.kind() != primary.kind()) {
            throw new ShooflyException(ErrorKind.REFUSED, "it is no MySQL server");
        }
        return replica;
    }

    /** For looking: gives up soon. */
    static Connection connect(ConnectionProfile profile) throws SQLException {
        Properties properties = MySqlSession.driverProperties();
        properties.setProperty("user", profile.user());
        properties.setProperty("password", profile.password().reveal());
        properties.setProperty("connectTimeout", String.valueOf(LoadConnection.PATIENCE.toMillis()));
        properties.setProperty("socketTimeout", String.valueOf(LoadConnection.PATIENCE.toMillis()));
        return DriverManager.getConnection(profile.url(), properties);
    }

    private static void close(@Nullable Watched gone) {
        if (gone != null) {
            gone.session().close();
        }
    }

    @Override
    public Duration every() {
        return EVERY;
    }

    @Override
    public void close() {
        watched.values().forEach(each -> each.session().close());
        watched.clear();
    }
}
