package dev.shoofly.coordinator.disk;

import dev.shoofly.model.TableName;
import org.jspecify.annotations.Nullable;

/**
 * How far the shadow is filled.
 *
 * @param shadow null before it is made
 * @param copied share of the rows, 0 to 1
 */
public record CopyProgress(Phase phase, @Nullable TableName shadow, double copied) {

    /** What is still going to be written. */
    public enum Phase {
        /** Everything. */
        BEFORE,
        /** The rest of the rows, and what follows them. */
        COPYING,
        /** Index entries and their sort files, at a pace that nothing tells: the reserve alone counts. */
        INDEXING,
        /** Changes only. */
        LATER
    }

    public static CopyProgress in(Phase phase) {
        return new CopyProgress(phase, null, 0);
    }
}
