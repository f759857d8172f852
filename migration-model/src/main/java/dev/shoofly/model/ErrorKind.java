package dev.shoofly.model;

/** What an error asks for. */
public enum ErrorKind {
    /** Trying again may help: lost connection, lock time-out, deadlock. */
    TRANSIENT,
    /** The input, the table or the server must change first; nothing was done to the application's table. */
    REFUSED,
    /** What happened is only known to the server: look there before anything else is done. */
    AMBIGUOUS,
    /** The two sides differ, or the data does not fit. */
    DATA,
    /** A disk is full, or about to be. Nothing is wrong with what was asked: it goes on once somebody has made room. */
    NO_SPACE,
    /** Another owner took over; this one must stop without touching anything. */
    SUPERSEDED
}
