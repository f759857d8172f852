package dev.shoofly.database.postgres;

import static dev.shoofly.database.connection.ConnectionPool.execute;
import static dev.shoofly.database.postgres.PostgresNames.quote;

import dev.shoofly.database.LastChanges;
import dev.shoofly.database.StallBudget;
import dev.shoofly.database.TableSwap;
import dev.shoofly.database.connection.Transactions;
import dev.shoofly.database.control.ProgressRows;
import dev.shoofly.model.CutoverSettings;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * The cut-over's drain for applications that read under REPEATABLE READ. Such a reader that queues on the exclusive lock
 * has its snapshot already, and rows drained in the swap's own transaction would be older to it than those it could have
 * read before. So the writers are stopped first, the remainder is committed while readers go on, and only then everybody
 * is locked out.
 */
final class StrictDrain {
    private static final Duration READERS_END_WITHIN = Duration.ofMillis(100);
    private static final long GLANCE_NANOS = 5_000_000;
    private final MigrationPlan plan;
    private final CutoverSettings settings;

    StrictDrain(MigrationPlan plan, CutoverSettings settings) {
        this.plan = plan;
        this.settings = settings;
    }

    /**
     * Whether transactions are open that keep their snapshot between statements. Also true for those under READ COMMITTED
     * whose driver has left its last query open, as PostgreSQL's JDBC driver does: the server shows no difference.
     */
    static boolean isAdvised(Connection connection) throws SQLException {
        return PostgresCatalog.test(
                connection,
                "SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_stat_activity WHERE datname = current_database()"
                        + " AND state = 'idle in transaction' AND backend_xmin IS NOT NULL"
                        + " AND application_name !~* '^(shoofly|debezium)')");
    }

    /**
     * @param locking the cut-over's own connection, in its transaction, which holds the progress rows, and the lock against
     *     writers from now on
     * @param writing commits the remainder; not one of the pool, whose connections may all wait for the progress rows
     */
    void run(Connection locking, Connection writing, StallBudget budget, LastChanges changes)
            throws SQLException, TableSwap.NotDrained {
        SourceLock.lock(locking, plan, "SHARE ROW EXCLUSIVE");
        changes.locked();
        writing.setAutoCommit(false);
        try {
            execute(
                    writing,
                    "SET LOCAL lock_timeout = "
                            + budget.atMost(settings.lockTimeout()).toMillis());
            // Also should the cut-over's session be lost: an applier would not see what is not committed here.
            ProgressRows.joinHold(writing, plan.id());
            reconcile(writing, budget, changes.delivered(budget));
            reconcile(writing, budget, changes.rest(budget).keys());
            writing.commit();
        } finally {
            Transactions.rollbackQuietly(writing);
            writing.setAutoCommit(true);
        }
    }

    private void reconcile(Connection writing, StallBudget budget, List<RowKey> keys) throws SQLException {
        execute(
                writing,
                "SET LOCAL statement_timeout = "
                        + budget.atMost(settings.maxStall()).toMillis());
        new RemainderReconcile(writing, plan).run(keys);
    }

    /**
     * Locks everybody out of the source, without ever waiting for it. A transaction that has read the table and now wants
     * to write it waits for us already; did we wait for it too, the server would end whoever came second, at once and
     * without regard to deadlock_timeout. So readers get a moment to end.
     *
     * @return whether it is locked; if not, let everybody go
     */
    boolean lockOut(Connection locking, StallBudget budget) throws SQLException {
        long giveUpAt = System.nanoTime() + budget.atMost(READERS_END_WITHIN).toNanos();
        while (true) {
            execute(locking, "SAVEPOINT shoofly_lock");
            try {
                execute(locking, "LOCK TABLE " + quote(plan.source()) + " IN ACCESS EXCLUSIVE MODE NOWAIT");
                return true;
            } catch (SQLException e) {
                if (!PostgresErrors.isLockTimeout(e)) {
                    throw e;
                }
            }
            execute(locking, "ROLLBACK TO SAVEPOINT shoofly_lock");
            if (System.nanoTime() - giveUpAt > 0) {
                return false;
            }
            LockSupport.parkNanos(GLANCE_NANOS);
        }
    }
}
