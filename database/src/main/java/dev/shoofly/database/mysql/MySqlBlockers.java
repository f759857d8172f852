package dev.shoofly.database.mysql;

import dev.shoofly.database.Blocker;
import dev.shoofly.model.GateName;
import dev.shoofly.model.TableName;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Who stands in the way of the cut-over. Reads only. */
final class MySqlBlockers {
    private static final int LONG_SECONDS = 5;

    /**
     * Open transactions that hold the source, without the single statements in auto-commit mode, of which a busy table
     * always has some. {@code since} is the event that took the first lock: it tells two transactions of one session apart.
     */
    private static final String TRANSACTIONS = """
        SELECT t.processlist_id, t.processlist_user, t.processlist_host, t.processlist_time,
               MIN(ml.owner_event_id) AS since,
               SUM(ml.lock_type IN ('SHARED_WRITE', 'SHARED_NO_READ_WRITE')) AS writes
        FROM performance_schema.metadata_locks ml
        JOIN performance_schema.threads t ON t.thread_id = ml.owner_thread_id
        WHERE ml.object_type = 'TABLE' AND (ml.object_schema, ml.object_name) IN (:tables)
          AND ml.lock_status = 'GRANTED' AND ml.lock_duration = 'TRANSACTION'
          AND t.processlist_id <> CONNECTION_ID()
          AND NOT EXISTS (SELECT 1 FROM performance_schema.events_transactions_current e
                          WHERE e.thread_id = t.thread_id AND e.state = 'ACTIVE' AND e.autocommit = 'YES')
        GROUP BY t.processlist_id, t.processlist_user, t.processlist_host, t.processlist_time
        """;

    /**
     * Those that have read the source and not yet written it: one that goes on to write while our request is pending
     * becomes the deadlock's victim, always it and never we. One that has written already, or has read for update, is safe
     * and only has to be waited for.
     */
    private static final String READERS_THAT_MAY_WRITE = TRANSACTIONS + " HAVING writes = 0";

    private static final String TABLES = ":tables";

    private static final String HOLDERS = """
        SELECT t.processlist_id, t.processlist_user, t.processlist_host, t.processlist_time
        FROM performance_schema.metadata_locks ml
        JOIN performance_schema.threads t ON t.thread_id = ml.owner_thread_id
        WHERE ml.object_type = 'TABLE' AND (ml.object_schema, ml.object_name) IN (:tables)
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
        WHERE ml.object_type = 'TABLE' AND (ml.object_schema, ml.object_name) IN (:tables)
          AND ml.lock_status = 'GRANTED' AND t.processlist_id <> CONNECTION_ID() AND %s >= %d
        """.formatted(AGE, AGE, LONG_SECONDS);

    private final TableName source;
    private final List<TableName> tables;

    MySqlBlockers(TableName source) {
        this(source, List.of());
    }

    /**
     * @param others tables that the same request locks. Whoever holds one of them all may want another next, and would die
     *     of it, whether it has written or not: so every open transaction stands in the way
     */
    MySqlBlockers(TableName source, List<TableName> others) {
        this.source = source;
        List<TableName> all = new ArrayList<>(List.of(source));
        all.addAll(others);
        this.tables = List.copyOf(all);
    }

    /** Whether nothing but the source is to be locked. */
    private boolean isAlone() {
        return tables.size() == 1;
    }

    private String what() {
        return isAlone()
                ? source.toString()
                : source + " or a table that is locked with it ("
                        + tables.stream().skip(1).map(TableName::toString).collect(Collectors.joining(", ")) + ")";
    }

    /** With the tables in the place of {@code :tables}. */
    SqlText onTables(String query) {
        int at = query.indexOf(TABLES);
        SqlText text = SqlText.of(query.substring(0, at));
        for (int i = 0; i < tables.size(); i++) {
            text.bind(i == 0 ? "(?, " : ", (?, ", tables.get(i).schema())
                    .bind("?)", tables.get(i).table());
        }
        return text.add(query.substring(at + TABLES.length()));
    }

    private SqlText readersThatMayWrite() {
        return onTables(isAlone() ? READERS_THAT_MAY_WRITE : TRANSACTIONS);
    }

    /** A point in time for {@link #all}, in UTC. */
    static String now(Connection connection) throws SQLException {
        return SqlText.of("SELECT CAST(UTC_TIMESTAMP(6) AS CHAR)")
                .list(connection, row -> String.valueOf(row.getString(1)))
                .get(0);
    }

    List<Blocker> all(Connection connection, String completionPoint) throws SQLException {
        List<Blocker> found = new ArrayList<>();
        for (String xid : PreparedXa.list(connection)) {
            found.add(new Blocker(
                    GateName.PREPARED,
                    "the XA transaction " + xid
                            + " is prepared and keeps its locks without a session. Commit it or roll it back"));
        }
        describe(
                        connection,
                        SqlText.of(OLD_SNAPSHOTS, completionPoint),
                        "has a snapshot from before the shadow was complete and would read a half-filled table after"
                                + " the swap")
                .forEach(words -> found.add(new Blocker(GateName.SNAPSHOTS, words)));
        describe(connection, onTables(LONG_HOLDERS), "holds " + what() + " in a long transaction")
                .forEach(words -> found.add(new Blocker(GateName.HOLDERS, words)));
        return found;
    }

    /**
     * An open transaction that holds the source.
     *
     * @param id of the transaction, not of its session alone
     * @param mayStillWrite whether it has only read so far
     */
    record Holder(String id, boolean mayStillWrite, String words) {}

    List<Holder> transactions(Connection connection) throws SQLException {
        return onTables(TRANSACTIONS).list(connection, row -> {
            boolean reader = !isAlone() || row.getLong(6) == 0;
            return new Holder(
                    row.getLong(1) + ":" + row.getString(5),
                    reader,
                    words(
                            row,
                            !reader
                                    ? "uses " + source
                                    : isAlone()
                                            ? "has read " + source + " in a transaction that may still write it"
                                            : "has used " + what() + " in a transaction that may go on to another"));
        });
    }

    /**
     * @param requested whether the session waits for its lock
     * @param reader whether somebody has read the source and may still write it
     */
    record Pending(boolean requested, boolean reader) {}

    Pending pending(Connection connection, long session) throws SQLException {
        return SqlText.of(
                        "SELECT EXISTS (SELECT 1 FROM performance_schema.metadata_locks ml"
                                + " JOIN performance_schema.threads t ON t.thread_id = ml.owner_thread_id"
                                + " WHERE t.processlist_id = ? AND ml.object_type = 'TABLE'"
                                + " AND ml.lock_type IN ('SHARED_NO_READ_WRITE', 'EXCLUSIVE', 'SHARED_READ_ONLY')"
                                + " AND ml.lock_status = 'PENDING'), EXISTS (",
                        session)
                .add(readersThatMayWrite())
                .add(")")
                .list(connection, row -> new Pending(row.getBoolean(1), row.getBoolean(2)))
                .get(0);
    }

    /** A statement that fails, by an overflow, if somebody has read the source and may still write it. */
    SqlText refusalOfReaders() {
        return SqlText.of("DO ~0 + (SELECT COUNT(*) FROM (")
                .add(readersThatMayWrite())
                .add(") readers)");
    }

    List<String> holders(Connection connection) throws SQLException {
        return describe(connection, onTables(HOLDERS), "uses " + what());
    }

    private static List<String> describe(Connection connection, SqlText query, String what) throws SQLException {
        return query.list(connection, row -> words(row, what));
    }

    private static String words(ResultSet row, String what) throws SQLException {
        return "session " + row.getLong(1) + " (" + row.getString(2) + "@" + row.getString(3) + ") " + what + ", for "
                + row.getLong(4) + " s";
    }
}
