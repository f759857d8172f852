package dev.shoofly.database.control;

import dev.shoofly.model.MigrationId;
import org.jspecify.annotations.Nullable;

/**
 * @param forced came with the word for a cut-over; null: none
 * @param outcome null while the running process has not heard it
 */
public record Command(
        long number,
        MigrationId migration,
        Verb verb,
        @Nullable ForcedGates forced,
        @Nullable String outcome) {
    /** The answer to a cancel that was taken. */
    public static final String CANCELLING = "cancelling";

    /**
     * Before the answer to a pause: it is in the migration's row, and not everybody stands still yet. Nobody's answer; whoever
     * takes the migration over does not hear the word again.
     */
    public static final String PAUSING = "pausing";

    /** Before the answer to a resume, in the same way. */
    public static final String RESUMING = "resuming";

    /** The answer to a pause that was carried out by a process that ended before it could say so. */
    static final String PAUSED_UNTIL_TAKEN_OVER =
            "paused, but its process ended, and another one has taken the migration over and goes on with it";

    /** The answer to a resume. */
    public static final String RESUMED = "resumed";

    /** What the answer says of the gates that came with the word; empty: none came. */
    public String heardGates() {
        return forced == null ? "" : forced.heard();
    }

    /** Whether the migration's row says already what it asks for, and the rest is under way. */
    public boolean isBegun() {
        return PAUSING.equals(outcome) || RESUMING.equals(outcome);
    }

    /** The answer to a cancel that was taken, and found what it was to end done. */
    public static final String CANCELLED_TOO_LATE =
            "refused: the cancel came too late: the table is migrated already. Nothing was dropped";

    /** What one process may ask of another that runs a migration. */
    public enum Verb {
        PAUSE,
        /** The capture too. */
        PAUSE_WITH_CAPTURE,
        RESUME,
        CUTOVER,
        ROLLBACK,
        /** Close the rollback window now. */
        COMPLETE,
        CANCEL
    }
}
