package dev.shoofly.database.control;

import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RollbackFeasibility;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What a migration's row says of the way back.
 *
 * @param feasibility as last looked at; null: not yet
 * @param plan of the way back, from the swap on; null: not open
 * @param windowEnds by the clock of the process that opened the window; null: not open
 * @param requested whether somebody wants the old table back
 * @param swappedBack whether it has its name again
 * @param keptFor how long the migration can go forward again after a rollback; null: it ends with it
 * @param forwardUntil until when one that was rolled back waits for the word to go forward again, by the clock of the process
 *     that brought the old table back; null: it was not rolled back
 * @param calledOff whether that time is over, so that no word is heard any more
 */
public record Rollback(
        @Nullable RollbackFeasibility feasibility,
        @Nullable MigrationPlan plan,
        @Nullable Instant windowEnds,
        boolean requested,
        boolean swappedBack,
        @Nullable Duration keptFor,
        @Nullable Instant forwardUntil,
        boolean calledOff) {

    /** Whether the window was open and is no more. */
    public boolean isClosed() {
        return windowEnds != null && plan == null;
    }

    /** Whether the old table is kept up to date, so that it can be had back. */
    public boolean isOpen() {
        return plan != null && !swappedBack;
    }
}
