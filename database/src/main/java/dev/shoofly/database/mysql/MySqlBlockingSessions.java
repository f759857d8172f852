package dev.shoofly.database.mysql;

import dev.shoofly.database.BlockingSession;
import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.database.connection.SqlErrors;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * The application's sessions that stand in the way, and their end. Threads of replication and of the server have no
 * connection type; our own sessions and the usual programs for backups say who they are.
 */
final class MySqlBlockingSessions {
    private static final int NO_SUCH_THREAD = 1094;
    private static final int NOT_THE_OWNER = 1095;

    private static final String HOLDERS = """
        SELECT t.processlist_id, t.processlist_user, t.processlist_host, t.processlist_command, t.processlist_time,
               COALESCE(TIMESTAMPDIFF(SECOND, CONVERT_TZ(x.trx_started, 'SYSTEM', '+00:00'), UTC_TIMESTAMP()),
                        t.processlist_time),
               CONCAT(t.processlist_id, ':', COALESCE(h.since, 0), ':', COALESCE(x.trx_started, ''))
        FROM performance_schema.threads t
        LEFT JOIN information_schema.innodb_trx x ON x.trx_mysql_thread_id = t.processlist_id
        LEFT JOIN (SELECT ml.owner_thread_id, MIN(ml.owner_event_id) AS since
                   FROM performance_schema.metadata_locks ml
                   WHERE ml.object_type = 'TABLE' AND (ml.object_schema, ml.object_name) IN (:tables)
                     AND ml.lock_status = 'GRANTED'
                   GROUP BY ml.owner_thread_id) h ON h.owner_thread_id = t.thread_id
        WHERE t.connection_type IS NOT NULL AND t.processlist_user NOT IN ('system user', 'event_scheduler')
          AND t.processlist_command NOT LIKE 'Binlog Dump%' AND t.processlist_id <> CONNECTION_ID()
          AND NOT EXISTS (SELECT 1 FROM performance_schema.session_connect_attrs a
                          WHERE a.processlist_id = t.processlist_id AND a.attr_name = 'program_name'
                            AND a.attr_value IN ('shoofly', 'mysqldump', 'mysqlpump', 'mysqlsh', 'mydumper',
                                                 'mysqlbackup', 'xtrabackup', 'mariabackup'))
          AND (h.since IS NOT NULL
        """;

    private static final String SNAPSHOTS = """
               OR CONVERT_TZ(x.trx_started, 'SYSTEM', '+00:00') <= CAST(? AS DATETIME(6))
                  AND x.trx_isolation_level IN ('REPEATABLE READ', 'SERIALIZABLE'))
        """;

    private final MySqlBlockers blockers;
    private final String user;

    /** @param user of the migration, for the remedy */
    MySqlBlockingSessions(MySqlBlockers blockers, String user) {
        this.blockers = blockers;
        this.user = user;
    }

    List<BlockingSession> find(Connection connection, String completionPoint) throws SQLException {
        return blockers.onTables(HOLDERS).bind(SNAPSHOTS, completionPoint).list(connection, row -> {
            boolean idle = row.getString(4).equals("Sleep");
            return new BlockingSession(
                    row.getString(7),
                    row.getLong(1),
                    row.getString(2),
                    row.getString(3),
                    idle ? "idle in transaction for " + row.getLong(5) + " s" : row.getString(4),
                    idle ? Duration.ofSeconds(row.getLong(5)) : Duration.ZERO,
                    Duration.ofSeconds(row.getLong(6)),
                    true);
        });
    }

    /** What cannot be seen of this very session, sent by our driver, cannot be seen of others. */
    private static boolean recognisesOurs(Connection connection) throws SQLException {
        return !SqlText.of(
                        "SELECT 1 FROM performance_schema.session_connect_attrs WHERE processlist_id = CONNECTION_ID()"
                                + " AND attr_name = 'program_name' AND attr_value = ?",
                        MySqlSession.PROGRAM)
                .list(connection, row -> row.getInt(1))
                .isEmpty();
    }

    /** @return why it could not be ended, which is no reason for a migration to fail */
    Optional<String> end(Connection connection, BlockingSession session) throws SQLException {
        try {
            // Its transaction may have ended since; the session may be another's by now.
            boolean still = find(connection, MySqlBlockers.now(connection)).stream()
                    .anyMatch(found -> found.id().equals(session.id()));
            if (!still) {
                return Optional.empty();
            }
            if (!recognisesOurs(connection)) {
                return Optional.of("the server does not show what program a session is of, so a backup or a session of"
                        + " Shoofly could be hit, and nobody is ended (performance_schema_session_connect_attrs_size"
                        + " is 0 or too small, or a proxy drops the connection attributes)");
            }
            ConnectionPool.execute(connection, "KILL " + session.number());
            return Optional.empty();
        } catch (SQLException e) {
            if (e.getErrorCode() == NO_SUCH_THREAD) {
                return Optional.empty();
            }
            if (e.getErrorCode() == NOT_THE_OWNER || MySqlErrors.isMissingPrivilege(e)) {
                return Optional.of("the user " + user + " may not end it (" + SqlErrors.serverSaid(e)
                        + "): GRANT CONNECTION_ADMIN ON *.* TO '" + user + "'@…");
            }
            if (SqlErrors.isConnectionLoss(e)) {
                // The caller tries again, and looks first whether it is still there.
                throw e;
            }
            return Optional.of("the server said: " + SqlErrors.serverSaid(e));
        }
    }
}
