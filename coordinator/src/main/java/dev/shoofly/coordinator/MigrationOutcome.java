package dev.shoofly.coordinator;

/** How a run ended, with the exit code of the command that ran it. */
public enum MigrationOutcome {
    COMPLETED(0),
    /** READY and waiting for {@code cutover}; the process may go. */
    READY_DETACHED(0),
    FAILED(1),
    VERIFICATION_FAILED(3),
    /** The old table is in use again, with everything that was written since. */
    ROLLED_BACK(4),
    CANCELLED(4),
    /** State kept; the same command continues. */
    INTERRUPTED(130);

    private final int exitCode;

    MigrationOutcome(int exitCode) {
        this.exitCode = exitCode;
    }

    public int exitCode() {
        return exitCode;
    }
}
