package dev.shoofly.model;

/** Whether the mismatches topic may hold values of rows beside their keys. */
public enum MismatchPayload {
    REDACTED,
    FULL
}
