package dev.shoofly.database.postgres;

import static dev.shoofly.database.connection.ConnectionPool.execute;
import static dev.shoofly.database.postgres.PostgresNames.quote;

import dev.shoofly.database.TableSwap;
import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.database.connection.Transactions;
import dev.shoofly.database.control.Progress;
import dev.shoofly.database.control.ProgressRows;
import dev.shoofly.model.CutoverSettings;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The cut-over's drain for applications that read under REPEATABLE READ. Such a reader that queues on the exclusive lock
 * has its snapshot already, and rows drained in the swap's own transaction would be older to it than those it could have
 * read before. So the writers are stopped first, the remainder is committed while readers go on, and only then everybody
 * is locked out.
 */
final class StrictDrain {
    private final ConnectionPool pool;
    private final MigrationPlan plan;
    private final CutoverSettings settings;

    StrictDrain(ConnectionPool pool, MigrationPlan plan, CutoverSettings settings) {
        this.pool = pool;
        this.plan = plan;
        this.settings = settings;
    }

    /** Whether transactions are open that keep their snapshot between statements. */
    static boolean isAdvised(Connection connection) throws SQLException {
        return PostgresCatalog.test(
                connection,
                "SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_stat_activity WHERE datname = current_database()"
                        + " AND state = 'idle in transaction' AND backend_xmin IS NOT NULL"
                        + " AND application_name !~* '^(shoofly|debezium)')");
    }

    /**
     * @param locking the cut-over's own connection, in its transaction, which holds the lock against writers from now on
     */
    void run(Connection locking, TableSwap.Remainder remainder) throws SQLException, TableSwap.NotDrained {
        long start = System.nanoTime();
        execute(locking, "LOCK TABLE " + quote(plan.source()) + " IN SHARE ROW EXCLUSIVE MODE");
        try (Connection writing = pool.borrow()) {
            drain(writing, remainder);
        }
        // A transaction that has read the table and waits to write it stands in the way of the exclusive lock, and we
        // in its: the server would end one of us after deadlock_timeout. We let go before.
        long deadlockMillis = Long.parseLong(String.valueOf(PostgresCatalog.text(
                locking, "SELECT setting FROM pg_catalog.pg_settings WHERE name = 'deadlock_timeout'")));
        long left = deadlockMillis * 8 / 10 - (System.nanoTime() - start) / 1_000_000;
        if (left <= 0) {
            throw new TableSwap.NotDrained("the remainder took longer than the deadlock_timeout of " + deadlockMillis
                    + " ms allows while writers wait");
        }
        execute(
                locking,
                "SET LOCAL lock_timeout = "
                        + Math.min(left, settings.lockTimeout().toMillis()));
    }

    private void drain(Connection writing, TableSwap.Remainder remainder) throws SQLException, TableSwap.NotDrained {
        writing.setAutoCommit(false);
        try {
            execute(
                    writing,
                    "SET LOCAL lock_timeout = " + settings.lockTimeout().toMillis());
            List<Progress> progress = ProgressRows.lockAll(writing, plan.id());
            List<RowKey> keys = remainder.drain(
                    progress.stream().collect(Collectors.toMap(Progress::partition, Progress::nextOffset)),
                    settings.drainTimeout(),
                    settings.drainKeys());
            new RemainderReconcile(writing, plan).run(keys);
            writing.commit();
        } finally {
            Transactions.rollbackQuietly(writing);
            writing.setAutoCommit(true);
        }
    }
}
