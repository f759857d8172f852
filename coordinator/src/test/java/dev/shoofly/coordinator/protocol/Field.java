package dev.shoofly.coordinator.protocol;

/** The parts of a {@link World}: numbers, one for each key, applier, copier or owner, or a single one. */
enum Field {
    /** The two tables, 0 where the row is absent. One of them is live. */
    FIRST_TABLE(World.KEYS),
    SECOND_TABLE(World.KEYS),
    /** A transaction of the application that is in the log and cannot be seen yet: its value and 1; else 0. */
    PENDING(World.KEYS),
    /** How many changes of the key are in the log, can be seen, were captured. */
    LOGGED(World.KEYS),
    VISIBLE(World.KEYS),
    CAPTURED(World.KEYS),
    /** Records in the key's partition, of which each key has one of its own; and behind the last that was applied. */
    TOPIC(World.KEYS),
    OFFSET(World.KEYS),
    /** Behind the last that a swap under way has reconciled. */
    DRAINED(World.KEYS),
    /** The partition's row: its epoch, and who has locked it; 0: nobody. */
    EPOCH(World.KEYS),
    PROGRESS_LOCK(World.KEYS),
    /** Which applier has locked the shadow's row. */
    ROW_LOCK(World.KEYS),
    APPLIER_STEP(World.APPLIERS),
    APPLIER_EPOCH(World.APPLIERS),
    /** For which number of swaps it was started. */
    APPLIER_SIDE(World.APPLIERS),
    /** Its batch: where it ends, which changes must be seen, what was read of the source. */
    BATCH_END(World.APPLIERS),
    BATCH_NEEDS(World.APPLIERS),
    BATCH_READ(World.APPLIERS),
    SEGMENT_EPOCH(1),
    SEGMENT_LOCK(1),
    SEGMENT_DONE(1),
    COPIER_STEP(World.COPIERS),
    COPIER_EPOCH(World.COPIERS),
    COPIER_READ(World.COPIERS),
    OWNER_STEP(World.OWNERS),
    OWNER_EPOCH(World.OWNERS),
    /** How many swaps there were, as the owner believes. */
    OWNER_SIDE(World.OWNERS),
    /** What the owner has read ahead of its locks, and where the changes end that this covers. */
    AHEAD_READ(World.OWNERS),
    AHEAD_END(World.OWNERS),
    /** The migration's row: its epoch, its lock, and how many swaps are recorded. */
    MIGRATION_EPOCH(1),
    MIGRATION_LOCK(1),
    RECORDED(1),
    TABLE_LOCK(1),
    /** How many swaps there were: what the names tell. */
    SWAPS(1),
    /** A RENAME that a dead owner's session will still carry out. */
    ORPHAN(1),
    /** What the application may still do. */
    WRITES_LEFT(1),
    /**
     * Of rounds, where an epoch is 1 as long as it is valid, else 0, and offsets are counted from the saved progress: which of
     * both tables has digits in its row that the other's type has no room for.
     */
    DIGITS(World.TABLES),
    /** Whether the row was written since the last swap. */
    TOUCHED(1),
    /** For how many swaps the recorded plan was made; the appliers go by it. */
    PLAN(1),
    /** After how many swaps the attempt took place that has left a note, and 1; 0: none. And what it had reconciled. */
    NOTE(1),
    NOTE_END(1),
    /** Whether it is recorded that every row was compared. */
    VERIFIED(1),
    /** After how many swaps the word for the next one was given, and 1; 0: not. The same of one to cancel. */
    WORD(1),
    CANCEL_WORD(1),
    /** 1: nobody may apply any more; 2: the shadow is dropped, too. */
    CANCELLED(1),
    /** The capture has begun anew, and hands out a marker for the second time. */
    MARKER_AGAIN(1),
    /** Likewise a key, which waits to be applied: after how many swaps its change was made, and 1; -1: applied, 0: not yet. */
    KEY_AGAIN(1),
    /** Records in log and topic that were written since the last swap, or know no place: the last ones. */
    SINCE_SWAP(1),
    /** How many swaps there were when the last marker was written of those whose number is saved, and as an applier knows it. */
    SWAP_MARKER(1),
    APPLIER_MARKER(World.APPLIERS),
    /** Whether among what the swap under way has drained are keys to reconcile. */
    DRAINED_KEYS(1);

    private final int size;

    Field(int size) {
        this.size = size;
    }

    int size() {
        return size;
    }
}
