package dev.shoofly.coordinator;

import dev.shoofly.database.connection.Retry;
import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.database.control.Migration;
import dev.shoofly.database.control.Rollback;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.MigrationState;
import dev.shoofly.model.ShooflyException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The time in which somebody may say that a migration goes forward again after a rollback. The phase thread asks before each
 * phase, and while it waits for the word; meanwhile the thread that watches it looks on, so that a phase which does not come
 * to its end does not outlast the time.
 */
final class ForwardTime {
    private static final Logger LOG = LoggerFactory.getLogger(ForwardTime.class);
    private static final Duration LOOK_EVERY = Duration.ofSeconds(1);
    private final RunContext context;
    private final Lifecycle lifecycle;
    private final CutoverWord word;
    private final InstantSource clock;
    /** Null: nothing is waited for, or the phase thread has not looked yet. */
    private volatile @Nullable Instant until;

    /** From before the decision of the watching thread: until it is against an end, or the phases have ended. */
    private boolean ending;
    /** Whether the phase thread looks itself. */
    private boolean looking;
    /** The watching thread's. */
    private long nextLook = System.nanoTime();

    ForwardTime(RunContext context, CutoverWord word, InstantSource clock) {
        this.context = context;
        this.lifecycle = context.lifecycle();
        this.word = word;
        this.clock = clock;
    }

    /** Ends a phase on its way to another swap, from the watching thread: the time is over, and no word is heard any more. */
    static final class Over extends RuntimeException {
        Over() {
            super("the time to go forward again is over", null, false, false);
        }
    }

    /** Whether it ends as soon as somebody runs it. */
    static boolean isPast(Migration migration, InstantSource clock) {
        Instant ends = migration.rollback().forwardUntil();
        return ends != null && !migration.cutoverApproved() && !clock.instant().isBefore(ends);
    }

    /** Before another swap: its time is another. */
    void forget() {
        until = null;
    }

    /** Until when; null: the migration was not rolled back. The phase thread's. */
    @Nullable
    Instant until() {
        return RollbackWindow.read(context).forwardUntil();
    }

    /** Whether nobody has given the word in time; from then on nobody can. Never in a pause. The phase thread's. */
    boolean isOver(MigrationPlan plan) throws InterruptedException {
        if (plan.round() == 1 || lifecycle.state() == MigrationState.PAUSED) {
            return false;
        }
        synchronized (this) {
            while (ending) {
                // This thread may be about to be interrupted, which must not happen in the midst of what follows the
                // end.
                wait();
            }
            looking = true;
        }
        // Not under the lock: the watching thread has more to watch than this, also while the server is away.
        try {
            return looksOver();
        } finally {
            synchronized (this) {
                looking = false;
            }
        }
    }

    private boolean looksOver() {
        until = null;
        Rollback rollback = RollbackWindow.read(context);
        if (rollback.calledOff()) {
            // Whoever said so may have begun to take everything away; a word that came afterwards changes nothing.
            return true;
        }
        Instant ends = rollback.forwardUntil();
        if (ends != null && !clock.instant().isBefore(ends)) {
            if (Retry.OUTLAST_RESTART.call(
                    "ending the time of " + context.id() + " to go forward again", this::callOff)) {
                return true;
            }
            boolean unused = hearWordInRow();
        }
        until = ends;
        return false;
    }

    /** As {@link #hearWordInRow}, but never in a pause, in which nothing else is asked either. The phase thread's. */
    boolean hearsWord() {
        return lifecycle.state() != MigrationState.PAUSED && hearWordInRow();
    }

    /**
     * It may be in the row although nobody in this process was told: a process gave it that took the migration for one that
     * nobody runs, or this one has taken it and lost its connection before it knew. Whoever gave it was told yes.
     *
     * @return whether it is given
     */
    private boolean hearWordInRow() {
        boolean approved = Retry.OUTLAST_RESTART.call(
                "reading the word for the cut-over of " + context.id(),
                () -> context.owned().map(Migration::cutoverApproved).orElse(false));
        return approved && word.give(() -> true);
    }

    /**
     * While a phase before READY works; there the phase thread looks itself. The watching thread's.
     *
     * @throws Over when the time is over and nobody has given the word
     */
    void look() {
        Instant ends = until;
        MigrationState state = lifecycle.state();
        boolean onItsWay = state == MigrationState.SYNCHRONIZING || state == MigrationState.VALIDATING;
        if (ends == null || !onItsWay || clock.instant().isBefore(ends) || System.nanoTime() - nextLook < 0) {
            return;
        }
        nextLook = System.nanoTime() + LOOK_EVERY.toNanos();
        synchronized (this) {
            if (looking) {
                return;
            }
            ending = true;
        }
        boolean over = false;
        try {
            over = callOff();
        } catch (ShooflyException e) {
            if (!SqlErrors.isTransient(e)) {
                throw e;
            }
            LOG.debug("the time to go forward again cannot be ended for the moment: {}", e.getMessage());
        } finally {
            if (!over) {
                phasesEnded();
            }
        }
        if (over) {
            until = null;
            throw new Over();
        }
    }

    /** The phases have ended, and may begin anew; or they need not end. */
    synchronized void phasesEnded() {
        ending = false;
        notifyAll();
    }

    private boolean callOff() {
        return word.callOff(
                () -> context.control().rollback().callOff(context.id(), lifecycle.epoch(), clock.instant()));
    }
}
