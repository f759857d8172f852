package dev.shoofly.database.mysql;

import dev.shoofly.database.Blocker;
import dev.shoofly.database.BlockingSession;
import dev.shoofly.database.TableSwap;
import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.database.connection.Pause;
import dev.shoofly.database.connection.Retry;
import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.database.connection.Transactions;
import dev.shoofly.database.control.DrainedRows;
import dev.shoofly.database.control.MisfitRows;
import dev.shoofly.database.control.Misfits;
import dev.shoofly.model.CutoverSettings;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.ShooflyException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The cut-over. RENAME and the state cannot commit together, so the tables' names are the truth after a crash. */
final class MySqlSwap implements TableSwap {
    private static final Logger LOG = LoggerFactory.getLogger(MySqlSwap.class);
    private static final Duration SESSION_GONE_WITHIN = Duration.ofSeconds(30);
    private static final Duration GRACE = Duration.ofSeconds(1);
    private static final Duration POLL = Duration.ofMillis(20);
    private final ConnectionPool pool;
    private final MigrationPlan plan;
    private final Direction direction;
    private final MySqlReconciler reconciler;
    private final FaultPoints faultPoints;
    private final MySqlBlockers blockers;
    private final MySqlBlockingSessions sessions;
    private final Handover handover;

    MySqlSwap(
            ConnectionPool pool,
            MigrationPlan plan,
            Direction direction,
            MySqlReconciler reconciler,
            FaultPoints faultPoints) {
        this.pool = pool;
        this.plan = plan;
        this.direction = direction;
        this.reconciler = reconciler;
        this.faultPoints = faultPoints;
        this.blockers = new MySqlBlockers(plan.source(), Attached.of(plan).others());
        this.sessions = new MySqlBlockingSessions(blockers, pool.profile().user());
        this.handover = new Handover(pool.profile(), plan);
    }

    @Override
    public String completionPoint() {
        return pool.with("reading the server's clock", MySqlBlockers::now);
    }

    @Override
    public List<Blocker> inTheWay(String completionPoint) {
        return pool.with(
                "looking for what would block the " + direction.word() + " of " + plan.source(),
                connection -> blockers.all(connection, completionPoint));
    }

    @Override
    public List<BlockingSession> blockingSessions(String completionPoint) {
        return pool.with(
                "looking for sessions that hold " + plan.source(),
                connection -> sessions.find(connection, completionPoint));
    }

    @Override
    public Optional<String> end(BlockingSession session) {
        String what = "ending " + session.words();
        return Retry.OUTLAST_RESTART.call(what, () -> pool.with(what, connection -> sessions.end(connection, session)));
    }

    @Override
    public Outcome attempt(CutoverSettings settings, long epoch, Remainder remainder) {
        if (direction == Direction.BACK) {
            // First without locks: nobody is to wait for what cannot be.
            Misfits known = pool.with(
                    "looking for rows that do not fit " + plan.shadow(),
                    connection -> MisfitRows.summary(connection, plan.id()));
            if (!known.isEmpty()) {
                return new Outcome.DoesNotFit(known.words());
            }
        }
        try (Connection locking = MySqlSession.connectForSeries(pool.profile());
                Connection progress = MySqlSession.connect(pool.profile());
                Connection notes = MySqlSession.connect(pool.profile());
                Connection observing = MySqlSession.connect(pool.profile());
                MySqlTableLock lock = new MySqlTableLock(locking, observing, blockers)) {
            return new SwapAttempt(plan, direction, reconciler, faultPoints, locking, progress, notes, lock, handover)
                    .run(settings, epoch, remainder);
        } catch (SQLException e) {
            // Only what came before the RENAME, or the server's refusal of it, arrives here.
            if (SqlErrors.isTransient(e)) {
                return new Outcome.NotSwapped("the server said: " + SqlErrors.serverSaid(e));
            }
            throw new ShooflyException(
                    ErrorKind.REFUSED,
                    direction.word() + " of " + plan.source() + " failed: " + SqlErrors.serverSaid(e)
                            + ". Nothing was renamed; all locks are released.",
                    e);
        }
    }

    @Override
    public boolean isSwapped() {
        return pool.with("looking at the names of " + plan.source(), connection -> {
            endLockingSession(connection);
            boolean swapped =
                    !MySqlCatalog.exists(connection, plan.shadow()) && MySqlCatalog.exists(connection, plan.old());
            handover.mend(connection, swapped);
            if (swapped && Transactions.run(connection, open -> DrainedRows.redeem(open, plan))) {
                LOG.info(
                        "the swap of {} was found by its names; the appliers begin behind what it has reconciled",
                        plan.source());
            }
            return swapped;
        });
    }

    /**
     * A RENAME may still run in a session whose client is gone, and such a session keeps the application's table locked:
     * it must be over before the names mean anything. Told by its lock on the shadow, or on what was the table until the
     * RENAME, which only a cut-over takes; numbers of sessions come again after a restart.
     */
    private void endLockingSession(Connection connection) throws SQLException {
        long start = System.nanoTime();
        for (List<Long> sessions = lockingSessions(connection);
                !sessions.isEmpty();
                sessions = lockingSessions(connection)) {
            long waited = System.nanoTime() - start;
            if (waited > SESSION_GONE_WITHIN.toNanos()) {
                throw new ShooflyException(
                        ErrorKind.TRANSIENT,
                        "the session " + sessions + " of an interrupted swap of " + plan.source()
                                + " still runs on the server; the names mean nothing before it is gone");
            }
            if (waited > GRACE.toNanos()) {
                for (long session : sessions) {
                    kill(connection, session);
                }
            }
            Pause.exactly(POLL, "waiting for the end of an interrupted swap");
        }
    }

    private List<Long> lockingSessions(Connection connection) throws SQLException {
        return SqlText.of(
                        "SELECT DISTINCT t.processlist_id FROM performance_schema.metadata_locks ml"
                                + " JOIN performance_schema.threads t ON t.thread_id = ml.owner_thread_id"
                                + " WHERE ml.object_type = 'TABLE'"
                                + " AND (ml.object_schema, ml.object_name) IN ((?, ?), (?, ?))"
                                + " AND ml.lock_type IN ('SHARED_NO_READ_WRITE', 'EXCLUSIVE')",
                        plan.shadow().schema(),
                        plan.shadow().table(),
                        plan.old().schema(),
                        plan.old().table())
                .list(connection, row -> row.getLong(1));
    }

    private static void kill(Connection connection, long session) throws SQLException {
        try {
            ConnectionPool.execute(connection, "KILL " + session);
        } catch (SQLException e) {
            boolean gone = e.getErrorCode() == 1094;
            if (!gone) {
                throw e;
            }
        }
    }

    @Override
    public List<String> finish() {
        return pool.with("looking at what came with " + plan.source(), connection -> {
            handover.mend(connection, true);
            List<String> left = new ArrayList<>(handover.verify());
            // Where the table was that has the name now; a way back makes it again.
            ShadowSchemas.dropEmpty(connection, plan.shadow().schema());
            left.addAll(handover.notMended(connection));
            return left;
        });
    }

    @Override
    public void told() {
        pool.with("noting that people know what is left of " + plan.source(), connection -> {
            handover.told(connection);
            return true;
        });
    }
}
