package dev.shoofly.coordinator.protocol;

/** What must never be. */
enum Failure {
    /** The table that becomes the live one has a row which was deleted. */
    GHOST_ROW,
    /** It lacks a row. */
    LOST_ROW,
    /** It has another value than was acknowledged last. */
    STALE_ROW,
    /** Saved progress goes back behind what may be trimmed from the topic. */
    PROGRESS_GOES_BACK,
    /** The tables are swapped by an owner that has a successor. */
    SWAP_BY_A_FORMER_OWNER,
    /** An owner works in a direction which the tables' names contradict. */
    WRONG_DIRECTION,
    /** The owner takes the tables for unswapped, or for swapped, and meets names that say otherwise: it cannot go on. */
    STUCK,
    /** The old table, kept up to date, loses digits in a row that nobody has written since the swap. */
    ROUNDED_ROW,
    /** Two appliers may write one partition. */
    TWO_WRITERS,
    /** Someone writes rows by the plan of an earlier swap. */
    WRITE_BY_A_FORMER_PLAN,
    /** What ends an applier of an earlier swap fails the migration, which has gone on since. */
    FAILED_BY_A_FORMER_APPLIER,
    /** The tables are swapped again on the strength of a word for an earlier swap. */
    SWAP_BY_A_FORMER_WORD,
    /** The migration is ended by a word that came too late for an earlier swap. */
    CANCEL_BY_A_FORMER_WORD,
    /** What the migration needs is taken away although the tables are swapped. */
    CANCELLED_WHEN_SWAPPED
}
