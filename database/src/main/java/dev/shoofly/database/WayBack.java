package dev.shoofly.database;

import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RollbackFeasibility;
import dev.shoofly.model.ShooflyException;
import java.time.Instant;

/**
 * The way back from a swap. The two tables change their parts: the new one is the source, and the old one is kept up to date
 * from it by the same two operations, so that it can be swapped in again. One caller.
 */
public interface WayBack {

    /** What would become of rows on the way back. Asks the catalog; before the swap as well as after it. */
    RollbackFeasibility feasibility();

    /**
     * Makes the old table fit to be written, after the swap, and records the plan and the end of the window. Repeatable until
     * it was recorded.
     *
     * @param epoch the migration's
     * @return the plan of the way back: its source is the new table under the original name, its shadow the old one, and what
     *     it calls the old table is what the new one will be called when it was swapped back
     * @throws ShooflyException REFUSED when there is no way back, with the reason; SUPERSEDED
     */
    MigrationPlan open(long epoch, Instant windowEnds);

    /**
     * The plan of the way back with those columns alone whose values are the same on both sides, whichever of them was
     * written last. A conversion may have changed the others (a rounding), and a row that nobody has written since the swap
     * keeps in the old table what it had before: to compare those would be to complain about it.
     */
    MigrationPlan compared(MigrationPlan back);

    /** Takes away what {@link #open} made besides the tables, which stay. Repeatable; nothing may be reconciled any more. */
    void close();
}
