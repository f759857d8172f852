// line.
package dev.shoofly.database.mysql;

import dev.shoofly.database.TableSwap;
import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.database.control.MigrationRows;
import dev.shoofly.database.control.Progress;
import dev.shoofly.database.control.ProgressRows;
import dev.shoofly.model.CutoverSettings;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.MigrationState;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The cut-over: progress rows on one connection, tables locked, remainder reconciled and names swapped on another. RENAME
 * and the state cannot commit together, so the tables' names are the truth after a crash.
 */
final class MySqlSwap implements TableSwap {
    private static final Duration SESSION_GONE_WITHIN = Duration.ofSeconds(30);
    private final ConnectionPool pool;
    private final MigrationPlan plan;
    private final LockedReconcile reconcile;
    private final FaultPoints faultPoints;
    private final MySqlBlockers blockers;
    private volatile long lockingSession;

    /** Reconciles under the table locks. */
    interface LockedReconcile {
        /** What follows {@code LOCK TABLES}: every name and alias that {@link #reconcile} uses. */
        String lockClause();

        void reconcile(Connection locking, List<RowKey> keys) throws SQLException;
    }

    MySqlSwap(ConnectionPool pool, MigrationPlan plan, LockedReconcile reconcile, FaultPoints faultPoints) {
        this.pool = pool;
        this.plan = plan;
        this.reconcile = reconcile;
        this.faultPoints = faultPoints;
        this.blockers = new MySqlBlockers(plan.source());
    }

    @Override
    public String completionPoint() {
        return pool.with(
                "reading the server's clock",
                connection -> SqlText.of(MySqlBlockers.NOW)
                        .list(connection, row -> row.getString(1))
                        .get(0));
    }

    @Override
    public List<String> blockers(String completionPoint) {
        return pool.with("looking for what would block the cut-over of " + plan.source(), connection -> {
            List<String> found = new ArrayList<>(blockers.preparedTransactions(connection));
            found.addAll(blockers.oldSnapshots(connection, completionPoint));
            return found;
        });
    }

    @Override
    public Outcome attempt(CutoverSettings settings, long epoch, Remainder remainder) {
        try (Connection locking = MySqlSession.connect(pool.profile());
                Connection progress = MySqlSession.connect(pool.profile());
                Connection observing = MySqlSession.connect(pool.profile());
                MySqlTableLock lock = new MySqlTableLock(locking, observing, blockers)) {
            lockingSession = lock.sessionId();
            return new Attempt(settings, epoch, remainder, locking, progress, lock).run();
        } catch (SQLException e) {
            // The server has let go of every lock of a lost connection; what it had finished before, only it knows.
            throw new ShooflyException(
                    ErrorKind.AMBIGUOUS,
                    "the cut-over of " + plan.source() + " was cut short: " + SqlErrors.serverSaid(e)
                            + ". The tables' names tell whether it happened",
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ShooflyException(ErrorKind.AMBIGUOUS, "the cut-over of " + plan.source() + " was interrupted", e);
        }
    }

    @Override
    public boolean isSwapped() {
        return pool.with("looking at the names of " + plan.source(), connection -> {
            endLockingSession(connection);
            return !exists(connection, plan.shadow()) && exists(connection, plan.old());
        });
    }

    /** A RENAME may still run in a session whose client is gone: it must be over before the names mean anything. */
    private void endLockingSession(Connection connection) throws SQLException {
        long session = lockingSession;
        if (session == 0) {
            return;
        }
        SqlText alive = SqlText.of("SELECT 1 FROM performance_schema.threads WHERE processlist_id = ?", session);
        long giveUpAt = System.nanoTime() + SESSION_GONE_WITHIN.toNanos();
        while (alive.findsRow(connection)) {
            try {
                ConnectionPool.execute(connection, "KILL " + session);
            } catch (SQLException e) {
                if (alive.findsRow(connection)) {
                    throw e;
                }
            }
            if (System.nanoTime() > giveUpAt) {
                throw new ShooflyException(
                        ErrorKind.TRANSIENT,
                        "the session " + session + " of an interrupted cut-over of " + plan.source()
                                + " still runs on the server; its names cannot be trusted before it is gone");
            }
        }
        lockingSession = 0;
    }

    private static boolean exists(Connection connection, TableName table) throws SQLException {
        return SqlText.of(
                        "SELECT 1 FROM information_schema.tables WHERE table_schema = ? AND table_name = ?",
                        table.schema(),
                        table.table())
                .findsRow(connection);
    }

    @Override
    public void finish() {
        // The rename carried everything; nothing is left to do after it.
    }

    /** One attempt, on its own connections. */
    private final class Attempt {
        private final CutoverSettings settings;
        private final long epoch;
        private final Remainder remainder;
        private final Connection locking;
        private final Connection progress;
        private final MySqlTableLock lock;

        Attempt(
                CutoverSettings settings,
                long epoch,
                Remainder remainder,
                Connection locking,
                Connection progress,
                MySqlTableLock lock) {
            this.settings = settings;
            this.epoch = epoch;
            this.remainder = remainder;
            this.locking = locking;
            this.progress = progress;
            this.lock = lock;
        }

        Outcome run() throws SQLException, InterruptedException {
            progress.setAutoCommit(false);
            // Before the table locks: LOCK TABLES takes them in name order, so an applier inside its transaction could
            // hold one table and wait for the other.
            Map<Integer, Long> nextOffsets = lockProgress();
            Optional<String> inTheWay = lock.acquire(reconcile.lockClause(), settings.lockTimeout());
            if (inTheWay.isPresent()) {
                progress.rollback();
                return new Outcome.NotSwapped(
                        "lock not granted within " + settings.lockTimeout().toMillis() + " ms: " + inTheWay.get());
            }
            faultPoints.reach("swap.locked");
            List<RowKey> keys;
            try {
                keys = remainder.drain(nextOffsets, settings.drainTimeout(), settings.drainKeys());
            } catch (NotDrained e) {
                letGo();
                return new Outcome.NotSwapped(String.valueOf(e.getMessage()));
            }
            return swap(keys);
        }

        private Map<Integer, Long> lockProgress() throws SQLException {
            return ProgressRows.lockAll(progress, plan.id()).stream()
                    .collect(Collectors.toMap(Progress::partition, Progress::nextOffset));
        }

        private Outcome swap(List<RowKey> keys) throws SQLException {
            try {
                reconcile.reconcile(locking, keys);
                carryAutoIncrement();
            } catch (SQLException e) {
                if (!SqlErrors.isTransient(e)) {
                    throw e;
                }
                letGo();
                return new Outcome.NotSwapped("the last changes could not be applied: " + SqlErrors.serverSaid(e));
            }
            faultPoints.reach("swap.before-rename");
            ConnectionPool.execute(
                    locking,
                    "RENAME TABLE " + MySqlNames.quote(plan.source()) + " TO " + MySqlNames.quote(plan.old()) + ", "
                            + MySqlNames.quote(plan.shadow()) + " TO " + MySqlNames.quote(plan.source()));
            faultPoints.reach("swap.after-rename");
            ConnectionPool.execute(locking, "UNLOCK TABLES");
            Duration locked = Duration.ofNanos(System.nanoTime() - lock.pendingSince());
            recordSwap();
            return new Outcome.Swapped(locked, keys.size());
        }

        /** The appliers still wait on their progress rows; with the commit they see another epoch and stop. */
        private void recordSwap() throws SQLException {
            MigrationRows.transition(progress, plan.id(), epoch, MigrationState.READY, MigrationState.CUTOVER, null);
            ProgressRows.raiseAll(progress, plan.id());
            progress.commit();
        }

        /** The source may have handed out numbers whose rows are gone again: they must not be handed out twice. */
        private void carryAutoIncrement() throws SQLException {
            long next = autoIncrement(plan.source());
            if (next > autoIncrement(plan.shadow())) {
                ConnectionPool.execute(
                        locking, "ALTER TABLE " + MySqlNames.quote(plan.shadow()) + " AUTO_INCREMENT = " + next);
            }
        }

        private long autoIncrement(TableName table) throws SQLException {
            return SqlText.of(
                            "SELECT auto_increment FROM information_schema.tables WHERE table_schema = ? AND table_name = ?",
                            table.schema(),
                            table.table())
                    .list(locking, row -> row.getLong(1))
                    .stream()
                    .findFirst()
                    .orElse(0L);
        }

        private void letGo() throws SQLException {
            ConnectionPool.execute(locking, "UNLOCK TABLES");
            progress.rollback();
        }
    }
}
