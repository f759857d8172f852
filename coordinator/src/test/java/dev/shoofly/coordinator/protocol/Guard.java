package dev.shoofly.coordinator.protocol;

/** What keeps the protocol right; the model can leave each of them out. */
enum Guard {
    /** A batch is applied when its transactions can be seen. */
    AWAIT_VISIBLE,
    /** After its chunk was committed, a copier looks for rows that the source has no more. */
    SWEEP,
    /** What the sweep finds is sent to the applier, not deleted on the strength of that look. */
    SWEEP_PUBLISHES,
    /** A copier locks its segment's row at its epoch first. */
    COPIER_FENCE,
    /** An applier locks its partition's row first, and saves its progress in it. */
    PROGRESS_ROW,
    /** It goes on only if that row has the epoch of its claim. */
    APPLIER_EPOCH,
    /** A row that holds a wanted unique value is deleted only if, under its lock, the source gives it another. */
    CONFLICT_RECHECK,
    /** The swap locks the table that the application writes. */
    SOURCE_LOCK,
    /** It waits until a marker written under that lock has come through the log. */
    MARKER,
    /** What it reconciles before that lock counts only if, behind its last write, the appliers are still held back. */
    AHEAD_ASKS_LAST,
    /** Or it holds them back itself until its commit, whatever becomes of the session that did so first. */
    AHEAD_JOINS_THE_HOLD,
    /** It takes place only at the migration's epoch, whose row it locks. */
    OWNER_EPOCH,
    /** A table never gets a name that another has had: what still means that other one fails. */
    FRESH_NAMES,
    /** Whoever takes over believes the tables' names, not the recorded state. */
    NAMES_DECIDE,
    /** It looks at the names when no session of a dead owner can change them any more. */
    NO_SESSION_LEFT,
    /** A claim raises the partition's epoch. */
    CLAIM_RAISES_EPOCH,
    /** So does the swap: who applied before it is superseded. */
    SWAP_RAISES_EPOCHS,
    /** With its record the swap moves progress behind what it has reconciled. */
    SWAP_MOVES_PROGRESS,
    /** It notes that before the names change, for whoever finds it by the names. */
    DRAINED_NOTE,
    /** The note names its swap, and counts only for the one that the names tell. */
    NOTE_OF_ITS_SWAP,
    /** A key knows the marker before it in the log: whether a swap has reconciled its change, should it come again. */
    KEYS_KNOW_THEIR_SWAP,
    /** What counts as reconciled by a swap stands before the marker that it wrote under its locks, not before a later one. */
    MARKER_OF_THE_LOCK,
    /** A marker has a number that none had before, in any round. */
    MARKERS_RISE,
    /** An applier's failure counts only if the recorded plan is the one by which it wrote. */
    PLAN_ROUND,
    /** How far rows were compared is forgotten when the tables change their parts. */
    COMPARED_ANEW,
    /** So is the word for the cut-over. */
    WORD_OF_ITS_ROUND,
    /** A cancel that was taken and came too late for a swap is refused before the migration goes forward again. */
    CANCEL_OF_ITS_ROUND,
    /** Whoever cancels looks at the names when no other owner can change them any more. */
    CANCEL_LOOKS_AGAIN
}
