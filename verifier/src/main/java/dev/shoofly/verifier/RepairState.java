package dev.shoofly.verifier;

/** How far the repair of a mismatch has come. */
public enum RepairState {
    /** Nobody asked for one. */
    OFF,
    /** The row's key is in the changes topic. */
    REQUESTED,
    /** Compared once more after the applier had written it, the row is equal. */
    CONFIRMED,
    /** Compared once more after the applier had written it, the row differs still. */
    FAILED,
    /** More rows would have had to be repaired than {@code --repair-limit} allows. */
    REFUSED
}
