package dev.shoofly.database.mysql;

import dev.shoofly.database.LastChanges;
import dev.shoofly.database.Reconciler;
import dev.shoofly.database.TableSwap;
import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.database.connection.Transactions;
import dev.shoofly.database.control.MisfitRows;
import dev.shoofly.database.control.ProgressRows;
import dev.shoofly.database.mysql.ReconcileSql.Writers;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShadowNames;
import dev.shoofly.model.ShooflyException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** reconcile(keys). Thread-safe; one caller per partition at a time. */
final class MySqlReconciler implements Reconciler {
    private static final Logger LOG = LoggerFactory.getLogger(MySqlReconciler.class);
    private final ConnectionPool pool;
    private final FaultPoints faultPoints;
    private final MigrationSql sql;
    private final ReconcileLoop loop;
    /** Under LOCK TABLES, where the control tables cannot be written. */
    private final ReconcileLoop lockedLoop;

    private final ReconcileSql ahead;

    private volatile @Nullable Boolean gtids;

    MySqlReconciler(ConnectionPool pool, MigrationSql sql, FaultPoints faultPoints) {
        this.pool = pool;
        this.faultPoints = faultPoints;
        this.sql = sql;
        TwinTable twin = new TwinTable(sql);
        this.loop = new ReconcileLoop(
                sql,
                twin,
                setsAside(sql.plan()) ? ReconcileLoop.Unfit.SET_ASIDE : ReconcileLoop.Unfit.REFUSED,
                Writers.OTHERS);
        this.lockedLoop = new ReconcileLoop(sql, twin, ReconcileLoop.Unfit.REFUSED, Writers.NOBODY);
        this.ahead = new ReconcileSql(sql, Writers.OTHERS);
    }

    /** A window that an earlier version opened may not put aside all that a row would lose. */
    private static boolean setsAside(MigrationPlan plan) {
        return ShadowNames.isWayBack(plan)
                && DialectState.of(plan).kept().containsAll(plan.projection().added());
    }

    @Override
    public boolean waitsByTransaction() {
        Boolean known = gtids;
        if (known == null) {
            known = pool.with("asking for gtid_mode", MySqlVisibility::hasGtids);
            gtids = known;
        }
        return known;
    }

    @Override
    public Outcome apply(Batch batch) {
        MigrationId id = sql.plan().id();
        MySqlVisibility visibility = new MySqlVisibility(id, waitsByTransaction());
        try (Connection connection = pool.borrow()) {
            visibility.await(connection, batch.transactions(), batch.marker());
            faultPoints.reach("reconcile.before-read");
            ReconcileLoop.Result result = loop.run(
                    connection,
                    batch.keys(),
                    RealDuplicates.Search.WIDE,
                    () -> faultPoints.reach("reconcile.after-lock"),
                    (work, keys, last) -> Transactions.run(connection, c -> {
                        transaction(c, batch, work, keys, last);
                        return true;
                    }));
            return new Outcome(batch.keys().size(), result.retries(), result.cleared(), result.contention());
        } catch (SQLException e) {
            throw failure(batch.keys(), e);
        }
    }

    /** Progress is saved with the last rows of the batch: until then a crash has all of it applied again. */
    private void transaction(Connection connection, Batch batch, ReconcileLoop.Work work, int keys, boolean last)
            throws SQLException {
        MigrationId id = sql.plan().id();
        ProgressRows.lock(connection, id, batch.partition(), batch.epoch());
        work.write(connection);
        if (last) {
            ProgressRows.save(connection, id, batch.partition(), batch.nextOffset(), batch.marker(), keys);
        } else {
            ProgressRows.count(connection, id, batch.partition(), keys);
        }
        faultPoints.reach("reconcile.before-commit");
    }

    /**
     * For the cut-over: on a connection that holds both tables under LOCK TABLES with auto-commit off. Commits per batch;
     * needs no progress rows, for nobody else can write now.
     */
    void applyLocked(Connection connection, List<RowKey> keys) throws SQLException {
        for (int at = 0; at < keys.size(); at += ReconcileSql.BATCH) {
            List<RowKey> batch = keys.subList(at, Math.min(keys.size(), at + ReconcileSql.BATCH));
            writeLocked(
                    connection,
                    batch,
                    (work, number, last) -> Transactions.ended(connection, open -> {
                        work.write(open);
                        return true;
                    }));
        }
    }

    private void writeLocked(Connection connection, List<RowKey> batch, ReconcileLoop.Transaction transaction)
            throws SQLException {
        // No search for more duplicates: the application waits for these locks.
        lockedLoop.run(connection, batch, RealDuplicates.Search.NONE, () -> {}, transaction);
    }

    /**
     * Does what {@link #applyLocked} will do, and undoes it: the first time costs several times as much, for which the
     * application would wait. On a connection with auto-commit off, while the appliers stand still. What fails is left for the
     * real one to tell.
     */
    void rehearseLocked(Connection connection, List<RowKey> few) {
        try {
            writeLocked(connection, few, (work, number, last) -> {
                try {
                    work.write(connection);
                } catch (SQLException e) {
                    // No second try, which a conflict would be worth.
                    throw failure(few, e);
                } finally {
                    Transactions.rollbackQuietly(connection);
                }
            });
        } catch (SQLException | ShooflyException e) {
            LOG.debug("not rehearsed: {}", e.getMessage());
        }
    }

    /** Tells before a commit whether the appliers stand still since the work began; throws if not. */
    @FunctionalInterface
    interface Standstill {
        void require() throws SQLException;
    }

    /**
     * For the cut-over, before it locks the tables; another connection holds the progress rows. On one with auto-commit off.
     *
     * @return false when something was in the way, which is left for {@link #applyLocked}
     */
    boolean applyAhead(Connection connection, TableSwap.Delivered found, Standstill standstill) throws SQLException {
        MySqlVisibility visibility =
                new MySqlVisibility(sql.plan().id(), waitsByTransaction(), LastChanges.VISIBLE_WITHIN);
        try {
            return Transactions.ended(connection, open -> {
                visibility.await(open, found.transactions(), found.drained().marker());
                ahead.upsert(open, found.drained().keys(), () -> {});
                if (ShadowNames.isWayBack(sql.plan())) {
                    MisfitRows.forget(open, sql.plan().id(), found.drained().keys());
                }
                // Who holds the progress rows may be lost, and appliers begin. Up to here none has; one that begins now
                // waits for the rows that we have locked or written, and reads the source after it.
                standstill.require();
                return true;
            });
        } catch (SQLException e) {
            if (SqlErrors.isConnectionLoss(e)) {
                throw e;
            }
            LOG.debug("{} is reconciled under the lock alone: {}", sql.plan().source(), SqlErrors.serverSaid(e));
            return false;
        }
    }

    /**
     * Makes the shadow rows of these keys equal to what the source holds now. For the migration's owner, whether appliers
     * stand still or not: they wait meanwhile. Saves no progress, for no change is taken from the topic.
     */
    void bringUpToDate(List<RowKey> keys) {
        try (Connection connection = pool.borrow()) {
            loop.run(
                    connection,
                    keys,
                    RealDuplicates.Search.NONE,
                    () -> {},
                    (work, number, last) -> Transactions.run(connection, c -> {
                        // All of them: these keys are of any partition, and a row must not be written twice at a time.
                        ProgressRows.lockAll(c, sql.plan().id());
                        work.write(c);
                        return true;
                    }));
        } catch (SQLException e) {
            throw failure(keys, e);
        }
    }

    private ShooflyException failure(List<RowKey> keys, SQLException error) {
        boolean again = SqlErrors.isTransient(error) || MySqlErrors.isNoSuchTable(error);
        return new ShooflyException(
                // A vanished shadow means a swap: the next try finds its partition's row under another epoch.
                again ? ErrorKind.TRANSIENT : SqlErrors.kind(error),
                "reconciling " + keys.size() + " keys of " + sql.plan().source() + " failed: "
                        + SqlErrors.serverSaid(error)
                        + ". The batch was applied as a whole or not at all; repeating it is"
                        + " safe.",
                error);
    }
}
