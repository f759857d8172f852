package dev.shoofly.database.control;

import dev.shoofly.model.MigrationId;
import org.jspecify.annotations.Nullable;

/**
 * @param forced came with the word for a cut-over; null: none
 * @param outcome null while the running process has not answered
 */
public record Command(
        long number,
        MigrationId migration,
        Verb verb,
        @Nullable ForcedGates forced,
        @Nullable String outcome) {
    /** The answer to a cancel that was taken. */
    public static final String CANCELLING = "cancelling";

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
