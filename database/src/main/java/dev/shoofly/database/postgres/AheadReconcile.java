package dev.shoofly.database.postgres;

import static dev.shoofly.database.connection.ConnectionPool.execute;

import dev.shoofly.database.LastChanges;
import dev.shoofly.database.TableSwap.Delivered;
import dev.shoofly.database.TableSwap.NotDrained;
import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.database.connection.Transactions;
import dev.shoofly.database.control.MisfitRows;
import dev.shoofly.database.control.ProgressRows;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShadowNames;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reconciles keys while the swap's session holds the progress rows and nobody is locked out yet: in a transaction of its
 * own, for the swap's must not have the source's lock in any mode before it asks for the exclusive one.
 */
final class AheadReconcile {
    private static final Logger LOG = LoggerFactory.getLogger(AheadReconcile.class);
    private static final Duration LONGEST = Duration.ofSeconds(1);
    private final Connection connection;
    private final MigrationPlan plan;
    private final ReconcileStatements statements;
    private final FaultPoints faultPoints;
    private final String faultPoint;

    /** @param connection in auto-commit mode; not the swap's */
    AheadReconcile(Connection connection, MigrationPlan plan, FaultPoints faultPoints, String faultPoint) {
        this.connection = connection;
        this.plan = plan;
        this.statements = new ReconcileStatements(plan);
        this.faultPoints = faultPoints;
        this.faultPoint = faultPoint;
    }

    /** @return false when something was in the way, which is left for the swap's own transaction */
    boolean run(Delivered found) throws SQLException, NotDrained {
        // The log delivers a commit before readers see it; a row read in between would be the old one.
        if (!VisibilityWait.awaitWithin(connection, found.transactions(), LastChanges.VISIBLE_WITHIN)) {
            // Whoever waits for a standby has the table still, and everybody would wait behind our lock for him.
            throw new NotDrained("changes that the log has delivered were not visible to readers within "
                    + LastChanges.VISIBLE_WITHIN.toMillis() + " ms; is a synchronous standby gone?");
        }
        try {
            return Transactions.run(
                    connection, open -> write(open, found.drained().keys()));
        } catch (SQLException e) {
            if (SqlErrors.isConnectionLoss(e)) {
                throw e;
            }
            LOG.debug("{} is reconciled under the lock alone: {}", plan.source(), SqlErrors.serverSaid(e));
            return false;
        }
    }

    private boolean write(Connection open, List<RowKey> keys) throws SQLException {
        execute(
                open,
                "SET LOCAL lock_timeout = " + LONGEST.toMillis() + "; SET LOCAL statement_timeout = "
                        + LONGEST.toMillis());
        // Until the commit, whatever becomes of the swap's session: an applier that began between our read and it would
        // neither see a row that we insert nor delete it.
        ProgressRows.joinHold(open, plan.id());
        for (int from = 0; from < keys.size(); from += RemainderReconcile.BATCH) {
            statements.run(open, keys.subList(from, Math.min(from + RemainderReconcile.BATCH, keys.size())));
        }
        if (ShadowNames.isWayBack(plan)) {
            MisfitRows.forget(open, plan.id(), keys);
        }
        faultPoints.reach(faultPoint);
        return true;
    }
}
