package dev.shoofly.model;

/** What becomes of a row that certainly differs from its shadow. */
public enum RepairMode {
    /** Its key goes to the changes topic, the applier writes the row anew from the source, and it is compared again. */
    AUTO,
    /** It stays as it is and the verification fails. */
    OFF
}
