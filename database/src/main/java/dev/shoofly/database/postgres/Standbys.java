package dev.shoofly.database.postgres;

import dev.shoofly.database.throttle.Heartbeats;
import dev.shoofly.database.throttle.LagLimit;
import dev.shoofly.database.throttle.LoadConnection;
import dev.shoofly.database.throttle.LoadSignal;
import dev.shoofly.database.throttle.Reading;
import dev.shoofly.database.throttle.ReplicaNames;
import dev.shoofly.database.throttle.SignalKind;
import dev.shoofly.database.throttle.SqlSignal;
import dev.shoofly.model.throttle.ReplicaLimits;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The standbys that stream from the server, as the server knows them. The position in its log is the heartbeat: a standby lags
 * by the age of the first position noted here that it has not replayed. (The server's own {@code replay_lag} stands still
 * with a standby that stands still.)
 */
final class Standbys implements LoadSignal {
    private static final Duration EVERY = Duration.ofMillis(250);
    private static final String POSITION =
            "SELECT pg_wal_lsn_diff(pg_current_wal_flush_lsn(), '0/0')::bigint, pg_has_role('pg_read_all_stats', 'USAGE')";
    /**
     * Logical subscribers are no standbys, and a backup or an archiver replays nothing. A logical sender is known by its
     * database, which a standby's has not: its slot it holds only while it streams, and the copy of a table ends its stream
     * before its connection. Both views are of one look at the sessions.
     */
    private static final String STREAMING = """
            SELECT coalesce(r.application_name, ''), coalesce(host(r.client_addr), 'socket'),
                   pg_wal_lsn_diff(r.replay_lsn, '0/0')::bigint
            FROM pg_catalog.pg_stat_replication r
            WHERE r.replay_lsn IS NOT NULL AND NOT EXISTS
              (SELECT 1 FROM pg_catalog.pg_stat_activity a WHERE a.pid = r.pid AND a.datid IS NOT NULL)
            """;

    private final LoadConnection connection;
    private final SqlSignal signal;
    private final Heartbeats positions;
    private final ReplicaLimits limits;

    /** @param positions of the log, noted here and kept by the caller: what was noted before a change of the limits still counts */
    Standbys(LoadConnection.Opener opener, ReplicaLimits limits, Heartbeats positions) {
        this.connection = new LoadConnection(opener);
        this.limits = limits;
        this.positions = positions;
        this.signal = new SqlSignal(
                SignalKind.REPLICA_LAG,
                "the list of standbys",
                EVERY,
                connection,
                SqlSignal.OnError.STOP,
                this::readings);
    }

    @Override
    public List<Reading> read() {
        return signal.read();
    }

    private List<Reading> readings(Connection open) throws SQLException {
        boolean seesAll = note(open);
        if (!seesAll) {
            return List.of(Reading.unknown(
                    SignalKind.REPLICA_LAG,
                    "standbys",
                    "are not seen: GRANT pg_read_all_stats TO the migration's user"));
        }
        List<Reading> readings = new ArrayList<>();
        List<List<String>> watched = new ArrayList<>();
        try (PreparedStatement statement = open.prepareStatement(STREAMING);
                ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                List<String> names = List.of(row.getString(1), row.getString(2));
                watched.add(names);
                readings.add(LagLimit.of(limits, names)
                        .reading(
                                "standby " + String.join(" at ", names),
                                positions.behind(row.getLong(3), System.nanoTime())));
            }
        }
        readings.addAll(ReplicaNames.absent(limits, watched));
        return readings;
    }

    /** @return whether this user sees what other sessions do */
    private boolean note(Connection open) throws SQLException {
        try (PreparedStatement statement = open.prepareStatement(POSITION);
                ResultSet row = statement.executeQuery()) {
            row.next();
            positions.wrote(row.getLong(1), System.nanoTime());
            return row.getBoolean(2);
        }
    }

    @Override
    public Duration every() {
        return EVERY;
    }

    @Override
    public void close() {
        connection.close();
    }
}
