package dev.shoofly.database.mysql;

import dev.shoofly.database.TableSwap.Direction;
import dev.shoofly.database.TableSwap.Drained;
import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.database.connection.Transactions;
import dev.shoofly.database.control.DrainedRows;
import dev.shoofly.database.control.MigrationRows;
import dev.shoofly.database.control.ProgressRows;
import dev.shoofly.database.control.RollbackRows;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.MigrationState;
import dev.shoofly.model.ShooflyException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the control tables are to say of a swap, written before its RENAME and beside the shadow's last rows. The state is
 * committed after the RENAME: one that says "swapped" while the names are not would be a lie after a crash, the other way
 * round recovery looks at the names. One thread writes it; another may give it up meanwhile.
 *
 * @see Meanwhile
 */
final class SwapRecord {
    private static final Logger LOG = LoggerFactory.getLogger(SwapRecord.class);
    private final MigrationPlan plan;
    private final Direction direction;
    private final long epoch;
    private final Connection progress;
    private final Connection notes;
    private volatile boolean givenUp;

    /**
     * @param progress holds the progress rows; its transaction is the caller's to end
     * @param notes with auto-commit off
     */
    SwapRecord(MigrationPlan plan, Direction direction, long epoch, Connection progress, Connection notes) {
        this.plan = plan;
        this.direction = direction;
        this.epoch = epoch;
        this.progress = progress;
        this.notes = notes;
    }

    /** Begins what {@link #write} will do first, and undoes it: the first time takes longer. */
    void rehearse() {
        try {
            DrainedRows.note(notes, plan, epoch, Map.of(0, 0L), 0);
        } catch (SQLException e) {
            LOG.debug("not rehearsed: {}", SqlErrors.serverSaid(e));
        } finally {
            Transactions.rollbackQuietly(notes);
        }
    }

    /** @throws ShooflyException SUPERSEDED: this process does not own the migration any more */
    void write(Drained drained) throws SQLException {
        // Before the state, which holds the migration's row: the note needs it too, and would wait for it.
        note(drained);
        if (!givenUp) {
            state();
        }
        if (!givenUp) {
            ProgressRows.raiseAll(progress, plan.id(), drained.nextOffsets(), drained.marker());
        }
        if (!givenUp) {
            DrainedRows.forget(progress, plan);
        }
    }

    /**
     * Had the appliers of the other direction to take up these keys, they would write back what a conversion has changed in
     * rows that nobody has touched since. It says nothing until the names have changed.
     */
    private void note(Drained drained) throws SQLException {
        Transactions.ended(notes, open -> {
            DrainedRows.note(open, plan, epoch, drained.nextOffsets(), drained.marker());
            return true;
        });
    }

    private void state() throws SQLException {
        switch (direction) {
            case FORWARD ->
                MigrationRows.transition(
                        progress, plan.id(), epoch, MigrationState.READY, MigrationState.CUTOVER, null);
            case BACK -> RollbackRows.swappedBack(progress, plan.id(), epoch);
        }
    }

    /** No further statement is begun. Whoever calls it rolls back when {@link #write} has ended. */
    void giveUp() {
        givenUp = true;
    }
}
