package dev.shoofly.database;

import dev.shoofly.model.ShooflyException;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * The secondary indexes of the shadow that are built after the copy. A sorted build is several times as fast as maintaining
 * them row by row. A unique one is put off only where the source demands the same of the same values: then no two of its
 * rows can collide, and who violates a new rule hears of it during the copy, not after.
 *
 * <p>While such an index is missing, rows of the shadow may share its values: one of them is stale, and its key waits in the
 * changes topic. A build that meets them brings these rows up to date first.
 */
public interface DeferredIndexes {

    /** Those that the shadow still lacks, as people know them. Empty: the shadow is complete. */
    List<String> missing();

    /**
     * Builds what is missing. Repeatable, also after the death of a process whose build the server went on with.
     *
     * @param writers whether appliers may write the shadow meanwhile
     * @param threads of the server that may work on it, about; at least 1
     * @param mayGoOn asked several times a second; when false, the build is given up and what was under way is undone
     * @throws ShooflyException TRANSIENT when trying again may help; REFUSED with the server's words otherwise; SUPERSEDED
     *     when the calling thread was interrupted, with the build given up and the thread's flag set
     */
    Result build(Writers writers, int threads, BooleanSupplier mayGoOn);

    /**
     * Whether the copy of this shadow may do without the index of its key, too, by which appliers find their rows. They
     * stand still from before {@link #takeKeyAway} until the build is complete.
     */
    default boolean mayLackKey() {
        return false;
    }

    /** Whether the shadow lacks it now: {@link #takeKeyAway} was called, and no build has come to its end. */
    default boolean isKeyMissing() {
        return false;
    }

    /**
     * Takes the key's index from a shadow into which nothing was copied, and with it the rows that were applied so far. To be
     * called before the end of the copy is looked for: every one of these rows that the source still has must lie before it.
     *
     * @param epoch of the migration, whose owner alone may do so, while the migration is COPYING
     * @return false: the server does not let it go, or something was copied already; nothing was changed
     * @throws ShooflyException SUPERSEDED under another epoch or in another state
     */
    default boolean takeKeyAway(long epoch) {
        return false;
    }

    /** What appliers do during a build. */
    enum Writers {
        AT_WORK,
        /** They were asked to stand still, and do. */
        STANDING
    }

    /** How a build ended. */
    enum Result {
        COMPLETE,
        /** Because {@code mayGoOn} said so. */
        GIVEN_UP,
        /** The server cannot build them while the appliers are at work, or not under so many changes. Nothing was built. */
        NEEDS_STANDSTILL
    }
}
