package dev.shoofly.database.postgres;

import static dev.shoofly.database.postgres.PostgresNames.quote;

import dev.shoofly.model.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/** Who holds locks on a table, in words: without names, a lock time-out leaves the operator helpless. */
final class TableHolders {
    static final String NONE = "no holder is visible any more";

    private TableHolders() {}

    /** The longest-running few, own sessions left out; says so when none is visible. */
    static String describe(Connection connection, TableName table) throws SQLException {
        return describe(connection, quote(table));
    }

    /** @param relation quoted */
    static String describe(Connection connection, String relation) throws SQLException {
        List<String> holders = PostgresCatalog.texts(connection, """
                SELECT line FROM (
                  SELECT DISTINCT ON (l.pid, x.gid)
                         CASE WHEN l.pid IS NULL
                              THEN format('prepared transaction %s of %s for %s s', quote_literal(x.gid), x.owner,
                                          extract(epoch FROM now() - x.prepared)::bigint)
                              ELSE format('pid %s, user %s, %s for %s s', l.pid, a.usename, a.state,
                                          extract(epoch FROM now() - a.xact_start)::bigint) END AS line,
                         coalesce(a.xact_start, x.prepared) AS since
                  FROM pg_catalog.pg_locks l
                  LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
                  LEFT JOIN (pg_catalog.pg_locks o JOIN pg_catalog.pg_prepared_xacts x
                             ON o.locktype = 'transactionid' AND o.transactionid = x.transaction)
                    ON l.pid IS NULL AND o.pid IS NULL AND o.virtualtransaction = l.virtualtransaction
                  WHERE l.locktype = 'relation' AND l.granted AND l.relation IN """ + PartitionTree.MEMBERS + """
                  AND l.pid IS DISTINCT FROM pg_backend_pid()) holders
                ORDER BY since LIMIT 3
                """, relation);
        return holders.isEmpty() ? NONE : String.join("; ", holders);
    }
}
