package dev.shoofly.cli;

/** Exit codes that are no outcome of a migration; those are in {@code MigrationOutcome}. */
final class ExitCodes {
    static final int DONE = 0;
    static final int FAILED = 1;
    static final int USAGE = 2;

    private ExitCodes() {}
}
