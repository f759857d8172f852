package dev.shoofly.model;

/** What becomes of a migration whose source holds rows that collide under a constraint of the new definition. */
public enum OnDuplicates {
    /** It ends as FAILED; it can be resumed once the rows are corrected. */
    FAIL,
    /** It goes to PAUSED with the reason and stays alive: the capture goes on, nothing is copied or applied until resumed. */
    HOLD
}
