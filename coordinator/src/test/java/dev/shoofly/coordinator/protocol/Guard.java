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
    /** It takes place only at the migration's epoch, whose row it locks. */
    OWNER_EPOCH,
    /** A table never gets a name that another has had: what still means that other one fails. */
    FRESH_NAMES,
    /** Whoever takes over believes the tables' names, not the recorded state. */
    NAMES_DECIDE,
    /** It looks at the names when no session of a dead owner can change them any more. */
    NO_SESSION_LEFT
}
