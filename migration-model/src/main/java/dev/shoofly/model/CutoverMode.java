package dev.shoofly.model;

/** Who decides when the cut-over happens. */
public enum CutoverMode {
    /** As soon as the migration is READY. */
    AUTO,
    /** When somebody says {@code shoofly cutover}. */
    MANUAL
}
