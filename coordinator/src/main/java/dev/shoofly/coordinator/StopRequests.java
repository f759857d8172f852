package dev.shoofly.coordinator;

import dev.shoofly.model.ShooflyException;
import org.jspecify.annotations.Nullable;

/** Somebody wants the run to end: an interrupt from outside, or a cancel. Any thread. */
final class StopRequests {
    private volatile boolean interrupted;
    private volatile boolean cancelled;
    private volatile @Nullable ShooflyException failure;

    void interrupt() {
        interrupted = true;
    }

    void cancel() {
        cancelled = true;
    }

    /** Something that the phases do not meet ends the run. */
    void fail(ShooflyException error) {
        failure = error;
    }

    /** The tables are swapped: there is nothing left to cancel. */
    void forgetCancel() {
        cancelled = false;
    }

    /** Throws when the run is to end. */
    void check() {
        ShooflyException failed = failure;
        if (failed != null) {
            throw failed;
        }
        if (cancelled) {
            throw new Stopped(MigrationOutcome.CANCELLED);
        }
        if (interrupted) {
            throw new Stopped(MigrationOutcome.INTERRUPTED);
        }
    }

    /** Ends the phases from the watching thread. */
    static final class Stopped extends RuntimeException {
        private final MigrationOutcome outcome;

        Stopped(MigrationOutcome outcome) {
            super(outcome.name(), null, false, false);
            this.outcome = outcome;
        }

        MigrationOutcome outcome() {
            return outcome;
        }
    }
}
