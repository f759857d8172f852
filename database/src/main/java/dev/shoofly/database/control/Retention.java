package dev.shoofly.database.control;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What is to become of the old table of a migration that is complete.
 *
 * @param dropAt by the clock of the process that completed it; null: it is nobody's to drop but the operator's
 * @param dropped whether it is gone, or was found gone
 */
public record Retention(@Nullable Instant dropAt, boolean dropped) {
    public static final Retention NONE = new Retention(null, false);

    /** Whether somebody has to drop it now or later. */
    public boolean isPending() {
        return dropAt != null && !dropped;
    }
}
