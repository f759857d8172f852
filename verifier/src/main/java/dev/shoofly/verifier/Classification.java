package dev.shoofly.verifier;

/** What is known of a row that was seen to differ. */
public enum Classification {
    /** It was changed between the markers at every look, until the time was up: neither equal nor different. */
    IN_FLIGHT,
    /** It was equal as soon as a marker had passed: the applier had not come to it yet. Counted, never published. */
    LAG,
    /** It differs and no change of it was on its way. */
    STABLE,
    /** Written anew from the source it differs still, in columns that the new definition converts or computes. */
    TRANSFORM_LOSS,
    /** It was {@link #STABLE}, was written anew from the source and is equal now. */
    REPAIRED
}
