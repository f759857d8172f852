package dev.shoofly.database.mysql;

import dev.shoofly.model.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** Who stands in the way of the cut-over. Only reads. */
final class MySqlBlockers {
    /**
     * Transactions that have read the source and not yet written it: one that goes on to write while our lock request is
     * pending is chosen as the deadlock's victim, so we do not ask while there is one. Who has written it already, or
     * read it for update, is safe and only has to be waited for.
     */
    private static final String READERS_THAT_MAY_WRITE = """
            SELECT t.processlist_id, t.processlist_user, t.processlist_time
            FROM performance_schema.metadata_locks ml
            JOIN performance_schema.threads t ON t.thread_id = ml.owner_thread_id
            WHERE ml.object_type = 'TABLE' AND ml.object_schema = ? AND ml.object_name = ?
              AND ml.lock_status = 'GRANTED' AND ml.lock_duration = 'TRANSACTION'
              AND t.processlist_id <> CONNECTION_ID()
            GROUP BY t.processlist_id, t.processlist_user, t.processlist_time
            HAVING SUM(ml.lock_type IN ('SHARED_WRITE', 'SHARED_NO_READ_WRITE')) = 0
            """;

    private static final String HOLDERS = """
            SELECT t.processlist_id, t.processlist_user, t.processlist_time
            FROM performance_schema.metadata_locks ml
            JOIN performance_schema.threads t ON t.thread_id = ml.owner_thread_id
            WHERE ml.object_type = 'TABLE' AND ml.object_schema = ? AND ml.object_name = ?
              AND ml.lock_status = 'GRANTED' AND t.processlist_id <> CONNECTION_ID()
            GROUP BY t.processlist_id, t.processlist_user, t.processlist_time
            """;

    /** InnoDB tells the start of transactions in the server's own zone, in whole seconds, whatever the session's is. */
    static final String NOW = "SELECT CAST(CONVERT_TZ(NOW(6), @@session.time_zone, 'SYSTEM') AS CHAR)";

    /**
     * REPEATABLE READ transactions older than the moment the shadow became complete would see a half-filled table after
     * the swap, without an error.
     */
    private static final String OLD_SNAPSHOTS = """
            SELECT x.trx_mysql_thread_id, p.processlist_user,
                   TIMESTAMPDIFF(SECOND, x.trx_started, CONVERT_TZ(NOW(), @@session.time_zone, 'SYSTEM'))
            FROM information_schema.innodb_trx x
            LEFT JOIN performance_schema.threads p ON p.processlist_id = x.trx_mysql_thread_id
            WHERE x.trx_started <= CAST(? AS DATETIME(6)) AND x.trx_mysql_thread_id <> CONNECTION_ID()
              AND x.trx_mysql_thread_id <> 0
            """;

    private final TableName source;

    MySqlBlockers(TableName source) {
        this.source = source;
    }

    boolean hasReadersThatMayWrite(Connection connection) throws SQLException {
        return SqlText.of(READERS_THAT_MAY_WRITE, source.schema(), source.table())
                .findsRow(connection);
    }

    List<String> readersThatMayWrite(Connection connection) throws SQLException {
        return describe(
                connection,
                SqlText.of(READERS_THAT_MAY_WRITE, source.schema(), source.table()),
                "has read " + source + " in a transaction that may still write it");
    }

    List<String> holders(Connection connection) throws SQLException {
        return describe(connection, SqlText.of(HOLDERS, source.schema(), source.table()), "uses " + source);
    }

    List<String> oldSnapshots(Connection connection, String completionPoint) throws SQLException {
        return describe(
                connection,
                SqlText.of(OLD_SNAPSHOTS, completionPoint),
                "has a transaction that is older than the finished copy and would read a half-filled table after the swap");
    }

    /** A prepared XA transaction keeps its locks without a session. */
    List<String> preparedTransactions(Connection connection) throws SQLException {
        List<String> found = new ArrayList<>();
        for (String xid : SqlText.of("XA RECOVER CONVERT XID").list(connection, row -> row.getString("data"))) {
            found.add("prepared XA transaction " + xid + " (commit it or roll it back)");
        }
        return found;
    }

    private static List<String> describe(Connection connection, SqlText query, String what) throws SQLException {
        return query.list(
                connection,
                row -> "connection " + row.getLong(1) + " of user " + row.getString(2) + " " + what + ", for "
                        + row.getLong(3) + " s");
    }
}
