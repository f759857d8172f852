package dev.shoofly.database.postgres;

import static dev.shoofly.database.connection.ConnectionPool.execute;
import static dev.shoofly.database.postgres.PostgresNames.quote;

import dev.shoofly.model.MigrationPlan;
import java.sql.Connection;
import java.sql.SQLException;

/**
 * Locks the source, and with it all its partitions. Whoever came by the table has ended when that is locked; left are those
 * who work on a partition by its own name. One of them who now wants the table waits for us, as we do for him, so the
 * partitions together are waited for less long than {@code deadlock_timeout}: the server ends nobody for our sake.
 */
final class SourceLock {
    private static final double OF_DEADLOCK_TIMEOUT = 0.4;

    private SourceLock() {}

    /**
     * @param mode in words, such as {@code ACCESS EXCLUSIVE}
     * @throws SQLException with the state of a lock time-out, too, when the partitions were not had in time
     */
    static void lock(Connection connection, MigrationPlan plan, String mode) throws SQLException {
        String table = quote(plan.source()) + " IN " + mode + " MODE";
        if (SwapState.of(plan).partitions().isEmpty()) {
            execute(connection, "LOCK TABLE " + table);
            return;
        }
        execute(connection, "LOCK TABLE ONLY " + table);
        long deadlockMillis = PostgresCatalog.deadlockMillis(connection);
        partitions(connection, quote(plan.source()), mode, (long) (deadlockMillis * OF_DEADLOCK_TIMEOUT));
    }

    /**
     * The same for any partitioned table, by whose own name nobody works any more.
     *
     * @param table quoted
     * @param millis for all partitions together
     */
    static void partitions(Connection connection, String table, String mode, long millis) throws SQLException {
        // A lock time-out would be for each of them.
        execute(connection, "SET LOCAL statement_timeout = " + Math.max(1, millis));
        try {
            execute(connection, "LOCK TABLE " + table + " IN " + mode + " MODE");
        } catch (SQLException e) {
            if (!PostgresErrors.isCancelled(e)) {
                throw e;
            }
            throw new SQLException(
                    "the partitions of " + table + " were not granted in time: " + e.getMessage(),
                    PostgresErrors.LOCK_NOT_AVAILABLE,
                    e);
        }
        execute(connection, "SET LOCAL statement_timeout = 0");
    }
}
