package dev.shoofly.database.control;

import dev.shoofly.model.MigrationId;
import org.jspecify.annotations.Nullable;

/** @param outcome null while the running process has not answered */
public record Command(
        long number,
        MigrationId migration,
        Verb verb,
        @Nullable String outcome) {
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
