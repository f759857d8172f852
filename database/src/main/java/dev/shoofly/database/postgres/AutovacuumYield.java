package dev.shoofly.database.postgres;

import static dev.shoofly.database.connection.ConnectionPool.execute;
import static dev.shoofly.database.postgres.PostgresNames.quote;

import dev.shoofly.database.connection.Transactions;
import dev.shoofly.model.MigrationPlan;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * Has autovacuum give up the tables that a swap is about to lock. The server ends it for whoever has waited for it as long as
 * {@code deadlock_timeout}; with a lock that keeps out neither readers nor writers nobody else has to wait meanwhile. One
 * that guards against wraparound is not ended: the swap will say who holds the table.
 */
final class AutovacuumYield {
    /** Longer than {@code deadlock_timeout} at its default. */
    private static final int MARGIN_MILLIS = 500;

    private AutovacuumYield() {}

    /** On a connection outside a transaction. */
    static void from(Connection connection, MigrationPlan plan) throws SQLException {
        List<String> relations = new ArrayList<>(SwapState.of(plan).attached().tables());
        relations.add(quote(plan.source()));
        from(connection, relations);
    }

    /** @param relations quoted; with their partitions */
    static void from(Connection connection, List<String> relations) throws SQLException {
        for (String relation : relations) {
            // Each partition by itself: the lock on the whole would wait for every one in turn.
            for (String vacuumed : PostgresCatalog.texts(
                    connection,
                    "SELECT DISTINCT format('%I.%I', n.nspname, c.relname) FROM pg_catalog.pg_locks l"
                            + " JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid"
                            + " JOIN pg_catalog.pg_class c ON c.oid = l.relation"
                            + " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
                            + " WHERE l.locktype = 'relation' AND l.granted AND l.relation IN " + PartitionTree.MEMBERS
                            + " AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())"
                            + " AND a.backend_type = 'autovacuum worker'",
                    relation)) {
                release(connection, vacuumed);
            }
        }
    }

    private static void release(Connection connection, String relation) throws SQLException {
        connection.setAutoCommit(false);
        try {
            execute(
                    connection,
                    "SELECT set_config('lock_timeout', (setting::int + " + MARGIN_MILLIS + ")::text, true)"
                            + " FROM pg_catalog.pg_settings WHERE name = 'deadlock_timeout'");
            execute(connection, "LOCK TABLE " + relation + " IN SHARE UPDATE EXCLUSIVE MODE");
        } catch (SQLException e) {
            if (!PostgresErrors.isLockTimeout(e)) {
                throw e;
            }
        } finally {
            Transactions.rollbackQuietly(connection);
            connection.setAutoCommit(true);
        }
    }
}
