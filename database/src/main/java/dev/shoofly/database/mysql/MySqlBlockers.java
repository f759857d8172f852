package dev.shoofly.database.mysql;

import dev.shoofly.model.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** Who stands in the way of the cut-over. Reads only. */
final class MySqlBlockers {
    private static final int LONG_SECONDS = 5;

    /**
     * Transactions that have read the source and not yet written it: one that goes on to write while our request is
     * pending becomes the deadlock's victim, always it and never we. One that has written already, or has read for
     * update, is safe and only has to be waited for; so is a single statement in auto-commit mode, of which a busy table
     * always has some.
     */
    private static final String READERS_THAT_MAY_WRITE = """
            SELECT t.processlist_id, t.processlist_user, t.processlist_host, t.processlist_time
            FROM performance_schema.metadata_locks ml
            JOIN performance_schema.threads t ON t.thread_id = ml.owner_thread_id
            WHERE ml.object_type = 'TABLE' AND ml.object_schema = ? AND ml.object_name = ?
              AND ml.lock_status = 'GRANTED' AND ml.lock_duration = 'TRANSACTION'
              AND t.processlist_id <> CONNECTION_ID()
              AND NOT EXISTS (SELECT 1 FROM performance_schema.events_transactions_current e
                              WHERE e.thread_id = t.thread_id AND e.state = 'ACTIVE' AND e.autocommit = 'YES')
            GROUP BY t.processlist_id, t.processlist_user, t.processlist_host, t.processlist_time
            HAVING SUM(ml.lock_type IN ('SHARED_WRITE', 'SHARED_NO_READ_WRITE')) = 0
            """;

    private static final String HOLDERS = """
            SELECT t.processlist_id, t.processlist_user, t.processlist_host, t.processlist_time
            FROM performance_schema.metadata_locks ml
            JOIN performance_schema.threads t ON t.thread_id = ml.owner_thread_id
            WHERE ml.object_type = 'TABLE' AND ml.object_schema = ? AND ml.object_name = ?
              AND ml.lock_status = 'GRANTED' AND t.processlist_id <> CONNECTION_ID()
            GROUP BY t.processlist_id, t.processlist_user, t.processlist_host, t.processlist_time
            """;

    /** Seconds in a transaction; {@code trx_started} is in the host's own zone, whatever the session's is. */
    private static final String AGE =
            "TIMESTAMPDIFF(SECOND, CONVERT_TZ(x.trx_started, 'SYSTEM', '+00:00'), UTC_TIMESTAMP())";

    /**
     * A transaction with one snapshot for its whole life, taken while the shadow was half filled, reads that half after
     * the swap, without an error. Started in the same second counts as older.
     */
    private static final String OLD_SNAPSHOTS = """
            SELECT x.trx_mysql_thread_id, p.processlist_user, p.processlist_host, %s
            FROM information_schema.innodb_trx x
            JOIN performance_schema.threads p ON p.processlist_id = x.trx_mysql_thread_id
            WHERE CONVERT_TZ(x.trx_started, 'SYSTEM', '+00:00') <= CAST(? AS DATETIME(6))
              AND x.trx_isolation_level IN ('REPEATABLE READ', 'SERIALIZABLE')
              AND x.trx_mysql_thread_id NOT IN (0, CONNECTION_ID())
            """.formatted(AGE);

    private static final String LONG_HOLDERS = """
            SELECT DISTINCT t.processlist_id, t.processlist_user, t.processlist_host, %s
            FROM performance_schema.metadata_locks ml
            JOIN performance_schema.threads t ON t.thread_id = ml.owner_thread_id
            JOIN information_schema.innodb_trx x ON x.trx_mysql_thread_id = t.processlist_id
            WHERE ml.object_type = 'TABLE' AND ml.object_schema = ? AND ml.object_name = ?
              AND ml.lock_status = 'GRANTED' AND t.processlist_id <> CONNECTION_ID() AND %s >= %d
            """.formatted(AGE, AGE, LONG_SECONDS);

    private final TableName source;

    MySqlBlockers(TableName source) {
        this.source = source;
    }

    /** A point in time for {@link #all}, in UTC. */
    static String now(Connection connection) throws SQLException {
        return SqlText.of("SELECT CAST(UTC_TIMESTAMP(6) AS CHAR)")
                .list(connection, row -> String.valueOf(row.getString(1)))
                .get(0);
    }

    List<String> all(Connection connection, String completionPoint) throws SQLException {
        List<String> found = new ArrayList<>();
        for (String xid : PreparedXa.list(connection)) {
            found.add("the XA transaction " + xid
                    + " is prepared and keeps its locks without a session. Commit it or roll it back");
        }
        found.addAll(
                describe(
                        connection,
                        SqlText.of(OLD_SNAPSHOTS, completionPoint),
                        "has a snapshot from before the shadow was complete and would read a half-filled table after the swap"));
        found.addAll(describe(
                connection,
                SqlText.of(LONG_HOLDERS, source.schema(), source.table()),
                "holds " + source + " in a long transaction"));
        return found;
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

    private static List<String> describe(Connection connection, SqlText query, String what) throws SQLException {
        return query.list(
                connection,
                row -> "session " + row.getLong(1) + " (" + row.getString(2) + "@" + row.getString(3) + ") " + what
                        + ", for " + row.getLong(4) + " s");
    }
}
