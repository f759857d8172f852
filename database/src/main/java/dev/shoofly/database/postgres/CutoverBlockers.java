package dev.shoofly.database.postgres;

import static dev.shoofly.database.postgres.PostgresNames.quote;

import dev.shoofly.database.Blocker;
import dev.shoofly.model.GateName;
import dev.shoofly.model.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** Sessions and prepared transactions that stand in the way of a cut-over, in words. */
final class CutoverBlockers {
    /** A busy application is idle in a transaction for moments all the time; only what lasts is worth a word. */
    private static final int LONG_SECONDS = 5;

    private CutoverBlockers() {}

    /** @param completionPoint from {@link PostgresSwap#completionPoint} */
    static List<Blocker> find(Connection connection, TableName source, String completionPoint) throws SQLException {
        List<Blocker> blockers = new ArrayList<>();
        oldSnapshots(connection, completionPoint)
                .forEach(words -> blockers.add(new Blocker(GateName.SNAPSHOTS, words)));
        idleHolders(connection, source).forEach(words -> blockers.add(new Blocker(GateName.HOLDERS, words)));
        prepared(connection, source).forEach(words -> blockers.add(new Blocker(GateName.PREPARED, words)));
        return blockers;
    }

    /** They would see the new table as it was before it was complete. */
    private static List<String> oldSnapshots(Connection connection, String completionPoint) throws SQLException {
        return PostgresCatalog.texts(connection, """
            SELECT format('pid %s, user %s, %s, has read with a snapshot from before the shadow was complete, for %s s',
                          pid, usename, state, extract(epoch FROM now() - coalesce(xact_start, now()))::bigint)
            FROM pg_catalog.pg_stat_activity
            WHERE backend_xmin IS NOT NULL AND age(backend_xmin) >= age((?::xid8)::xid)
              AND datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
              AND application_name !~* '^(shoofly|debezium)'
            ORDER BY xact_start
            """, completionPoint);
    }

    private static List<String> idleHolders(Connection connection, TableName source) throws SQLException {
        return PostgresCatalog.texts(
                connection, """
            SELECT DISTINCT format('pid %s, user %s, %s for %s s, holds a lock on %s', a.pid, a.usename, a.state,
                          extract(epoch FROM now() - a.state_change)::bigint, ?::text)
            FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
            WHERE l.locktype = 'relation' AND l.granted AND l.relation IN """ + PartitionTree.MEMBERS + """
              AND a.state LIKE 'idle in transaction%' AND a.application_name !~* '^(shoofly|debezium)'
              AND a.state_change < now() - make_interval(secs => ?)
            """, source.toString(), quote(source), (double) LONG_SECONDS);
    }

    private static List<String> prepared(Connection connection, TableName source) throws SQLException {
        return PostgresCatalog.texts(
                connection, """
            SELECT DISTINCT format('prepared transaction %s of %s holds a lock on %s for %s s', quote_literal(x.gid),
                          x.owner, ?::text, extract(epoch FROM now() - x.prepared)::bigint)
            FROM pg_catalog.pg_locks l
            JOIN pg_catalog.pg_locks o ON o.pid IS NULL AND o.virtualtransaction = l.virtualtransaction
            JOIN pg_catalog.pg_prepared_xacts x ON o.locktype = 'transactionid' AND o.transactionid = x.transaction
            WHERE l.locktype = 'relation' AND l.pid IS NULL AND l.relation IN """ + PartitionTree.MEMBERS + """
              AND x.prepared < now() - make_interval(secs => ?)
            """, source.toString(), quote(source), (double) LONG_SECONDS);
    }
}
