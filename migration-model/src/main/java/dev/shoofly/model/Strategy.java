package dev.shoofly.model;

/** How an alteration is carried out. Names are persisted: never rename one. */
public enum Strategy {
    /** By the server, which changes its data dictionary and touches no row. */
    INSTANT,
    /** By the server, which reads or builds for long and lets the application write meanwhile. */
    ONLINE,
    /** Through a shadow table that is swapped in. */
    SHADOW
}
