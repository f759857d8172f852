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
    STUCK
}
