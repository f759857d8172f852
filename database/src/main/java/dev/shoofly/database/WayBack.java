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

    /**
     * After the swap back: the new table becomes a shadow again, whose source is the old one. Records the plan of the next swap
     * forward, by which none of its names was ever used for anything else, and the state SYNCHRONIZING. Nothing may be
     * reconciled. Repeatable until the next swap.
     *
     * @param back by which it was swapped back
     * @param epoch the migration's
     * @param until for whoever decides how long the word is waited for
     * @throws ShooflyException REFUSED when the way forward is lost, with the reason; nothing was recorded. SUPERSEDED
     */
    void forwardAgain(MigrationPlan back, long epoch, Instant until);

    /**
     * Drops what {@link #forwardAgain} made a shadow again, and what it made for that; the live table and the old one of a swap
     * are never touched. Repeatable; nothing may be reconciled any more.
     */
    void discard();

    /** Takes away what {@link #open} and {@link #forwardAgain} made besides the tables, which stay. Repeatable; nothing may be reconciled any more. */
    void close();
}
