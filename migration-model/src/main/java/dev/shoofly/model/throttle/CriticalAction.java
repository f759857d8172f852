package dev.shoofly.model.throttle;

/** What a critical load does to the migration. Names are persisted. */
public enum CriticalAction {
    /** PAUSED, until somebody says resume. */
    PAUSE,
    /** FAILED; it can be resumed all the same. */
    ABORT
}
