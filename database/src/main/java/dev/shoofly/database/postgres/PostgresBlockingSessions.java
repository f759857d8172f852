package dev.shoofly.database.postgres;

import static dev.shoofly.database.postgres.PostgresNames.quote;

import dev.shoofly.database.BlockingSession;
import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.model.MigrationPlan;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The application's sessions that stand in the way, and their end. Senders of the log and workers are no client backends; our
 * own sessions and the usual programs for backups say who they are.
 */
final class PostgresBlockingSessions {
    /**
     * What the server hides of a session, a user without {@code pg_read_all_stats} cannot judge: it may be a backup. Only
     * that it holds the table is seen.
     */
    private static final String SESSIONS = """
        SELECT a.pid || ':' || coalesce(a.xact_start::text, ''), a.pid, coalesce(a.usename, '?'),
               coalesce(host(a.client_addr), 'local'), coalesce(a.state, 'not shown to this user'),
               CASE WHEN a.state LIKE 'idle in transaction%'
                    THEN greatest(1, (extract(epoch FROM clock_timestamp() - a.state_change) * 1000)::bigint) ELSE 0 END,
               coalesce((extract(epoch FROM clock_timestamp() - a.xact_start) * 1000)::bigint, 0),
               a.state IS NOT NULL
        FROM pg_catalog.pg_stat_activity a
        WHERE a.pid <> pg_backend_pid() AND a.datname = current_database()
          AND (a.backend_type = 'client backend' OR a.state IS NULL AND a.backend_type IS NULL)
          AND coalesce(a.application_name, '') !~*
              '^(shoofly|debezium|pg_dump|pg_restore|pg_basebackup|pgbackrest|barman|wal-g)'
          AND (a.pid IN (SELECT l.pid FROM pg_catalog.pg_locks l
                         WHERE l.locktype = 'relation' AND l.granted
                           AND l.relation IN (
                           WITH RECURSIVE tree AS (
                             SELECT to_regclass(r)::oid AS oid FROM unnest(?::text[]) r
                             UNION
                             SELECT h.inhrelid FROM tree JOIN pg_catalog.pg_inherits h ON h.inhparent = tree.oid)
                           SELECT tree.oid FROM tree))
               OR a.backend_xmin IS NOT NULL AND age(a.backend_xmin) >= age((?::xid8)::xid))
        ORDER BY a.xact_start
        """;

    private PostgresBlockingSessions() {}

    static List<BlockingSession> find(Connection connection, MigrationPlan plan, String completionPoint)
            throws SQLException {
        List<String> relations = new ArrayList<>(SwapState.of(plan).attached().tables());
        relations.addAll(SwapState.of(plan).attached().views());
        relations.add(quote(plan.source()));
        List<BlockingSession> found = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(SESSIONS)) {
            statement.setArray(1, connection.createArrayOf("text", relations.toArray()));
            statement.setString(2, completionPoint);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    found.add(new BlockingSession(
                            row.getString(1),
                            row.getLong(2),
                            row.getString(3),
                            row.getString(4),
                            row.getString(5),
                            Duration.ofMillis(row.getLong(6)),
                            Duration.ofMillis(row.getLong(7)),
                            row.getBoolean(8)));
                }
            }
        }
        return found;
    }

    /** Its transaction may have ended since, and the process may be another's by now: both are compared. */
    static Optional<String> end(Connection connection, BlockingSession session, String user) throws SQLException {
        if (!session.visible()) {
            return Optional.of("the server does not show to the user " + user
                    + " what it does: GRANT pg_read_all_stats, pg_signal_backend TO " + user);
        }
        try (PreparedStatement statement =
                connection.prepareStatement("SELECT pg_terminate_backend(a.pid) FROM pg_catalog.pg_stat_activity a"
                        + " WHERE a.pid = ? AND a.pid || ':' || coalesce(a.xact_start::text, '') = ?")) {
            statement.setInt(1, (int) session.number());
            statement.setString(2, session.id());
            statement.executeQuery().close();
            return Optional.empty();
        } catch (SQLException e) {
            if (!"42501".equals(e.getSQLState())) {
                // No reason for a migration to fail: the session is looked for again.
                return Optional.of("the server said: " + SqlErrors.serverSaid(e));
            }
            return Optional.of("the user " + user + " may not end it (" + SqlErrors.serverSaid(e)
                    + "): GRANT pg_signal_backend TO " + user + "; a superuser's session, only a superuser ends");
        }
    }
}
