package dev.shoofly.coordinator;

import dev.shoofly.database.TableSwap;
import dev.shoofly.database.TableSwap.Direction;
import dev.shoofly.database.TableSwap.Outcome;
import dev.shoofly.database.connection.Retry;
import dev.shoofly.model.CutoverSettings;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationMetrics;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.MigrationState;
import dev.shoofly.model.ShooflyException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tries the cut-over until it succeeds or the attempts are used up. Between attempts nothing is locked. Runs on the phase
 * thread.
 */
final class CutoverLoop {
    private static final Logger LOG = LoggerFactory.getLogger(CutoverLoop.class);
    private static final Duration CAUGHT_UP_WITHIN = Duration.ofSeconds(2);
    private static final Duration LOOK_AGAIN = Duration.ofMillis(500);
    private final TableSwap swap;
    private final MigrationPlan plan;
    private final Direction direction;
    private final CutoverSettings settings;
    private final Lifecycle lifecycle;
    private final Gate gate;
    private final MigrationMetrics metrics;
    private volatile int attempts;
    private volatile long lockedMillis = -1;

    /** What the loop asks of the run around it. */
    interface Gate {
        /** Whether everything committed up to now was applied within the time. */
        boolean caughtUpWithin(Duration time) throws InterruptedException;

        /** Since when the shadow has been whole. Waits while the migration is paused; a pause moves this on. */
        String completionPoint() throws InterruptedException;

        /** Compares what changed since it was compared. Empty: all of it, and it is equal; else what is left, for people. */
        Optional<String> unverified();

        /** Whether the migration was paused since {@link #completionPoint} was told. */
        boolean isBehind();

        TableSwap.Remainder remainder();

        /** Whether the swap is still asked for. */
        boolean isWanted();

        /** Tells people what the loop waits for. */
        void report(String activity, boolean asReason);

        /** Between true and false nothing may interrupt the thread. */
        void attempting(boolean running);
    }

    CutoverLoop(
            TableSwap swap,
            MigrationPlan plan,
            Direction direction,
            CutoverSettings settings,
            Lifecycle lifecycle,
            Gate gate,
            MigrationMetrics metrics) {
        this.swap = swap;
        this.plan = plan;
        this.direction = direction;
        this.settings = settings;
        this.lifecycle = lifecycle;
        this.gate = gate;
        this.metrics = metrics;
    }

    int attempts() {
        return attempts;
    }

    long lockedMillis() {
        return lockedMillis;
    }

    /**
     * Returns once the original name stands for the other table.
     *
     * @throws CutoverGivenUp when the attempts are used up
     */
    void run() throws InterruptedException {
        if (swap.isSwapped()) {
            lifecycle.swapped(direction);
            return;
        }
        Backoff backoff = new Backoff();
        while (attempts < settings.retries()) {
            awaitGates();
            Optional<Outcome> attempted = attempt();
            if (attempted.isEmpty()) {
                // Paused since the gates: they may be shut again.
                continue;
            }
            Outcome outcome = attempted.get();
            if (outcome instanceof Outcome.Swapped swapped) {
                lockedMillis = swapped.locked().toMillis();
                metrics.time(MigrationMetrics.Timer.CUTOVER_LOCKED, swapped.locked());
                LOG.info(
                        "{} of {} done: locked for {} ms, {} keys reconciled under the lock, attempt {}",
                        what(),
                        plan.source(),
                        lockedMillis,
                        swapped.drainedKeys(),
                        attempts);
                return;
            }
            String why = ((Outcome.NotSwapped) outcome).reason();
            long next = backoff.nextMillis();
            gate.report(
                    what() + " of " + plan.source() + " did not complete: " + why
                            + ". Nothing was renamed; capture and apply continue. Next attempt in " + next
                            + " ms (attempt "
                            + (attempts + 1) + " of " + settings.retries() + ")",
                    true);
            Thread.sleep(next);
        }
        throw new CutoverGivenUp(what() + " of " + plan.source() + " did not complete in " + attempts
                + " attempts. Nothing was renamed; "
                + switch (direction) {
                    case FORWARD ->
                        "the shadow " + plan.shadow() + " is kept. Continue with 'resume " + plan.id()
                                + "' when the table is quieter, perhaps with a longer --lock-timeout.";
                    case BACK -> plan.shadow() + " is still kept up to date. Ask again when the table is quieter.";
                });
    }

    private String what() {
        return direction == Direction.FORWARD ? "cut-over" : "rollback";
    }

    private void awaitGates() throws InterruptedException {
        while (true) {
            if (!gate.isWanted()) {
                throw new CutoverGivenUp(what() + " of " + plan.source() + " is not asked for any more.");
            }
            String completionPoint = gate.completionPoint();
            List<String> blockers = Retry.OUTLAST_RESTART.call(
                    "looking for what would block the cut-over of " + plan.source(),
                    () -> swap.blockers(completionPoint));
            if (!blockers.isEmpty()) {
                gate.report(what() + " waits for: " + String.join("; ", blockers), true);
                Thread.sleep(LOOK_AGAIN.toMillis());
                continue;
            }
            Optional<String> unverified = gate.unverified();
            if (unverified.isPresent()) {
                gate.report(what() + " waits for the verification: " + unverified.get(), true);
            } else if (gate.caughtUpWithin(CAUGHT_UP_WITHIN)) {
                gate.report(what(), false);
                return;
            } else {
                gate.report(what() + " waits for the applier to catch up", true);
            }
            Thread.sleep(LOOK_AGAIN.toMillis());
        }
    }

    /** Empty when nothing was attempted because of a pause. */
    private Optional<Outcome> attempt() throws InterruptedException {
        MigrationState expected = direction == Direction.FORWARD ? MigrationState.READY : MigrationState.CUTOVER;
        return lifecycle.holding(expected, () -> {
            if (gate.isBehind()) {
                return Optional.empty();
            }
            attempts++;
            metrics.count(MigrationMetrics.Counter.CUTOVER_ATTEMPTS, 1);
            gate.attempting(true);
            try {
                Outcome outcome = attemptAndLook();
                if (outcome instanceof Outcome.Swapped) {
                    lifecycle.swapped(direction);
                }
                return Optional.of(outcome);
            } finally {
                gate.attempting(false);
            }
        });
    }

    /** After a lost connection only the server knows: look there, then decide. */
    private Outcome attemptAndLook() {
        long begun = System.nanoTime();
        try {
            return swap.attempt(settings, lifecycle.epoch(), gate.remainder());
        } catch (ShooflyException e) {
            if (e.kind() != ErrorKind.AMBIGUOUS && e.kind() != ErrorKind.TRANSIENT) {
                throw e;
            }
            LOG.warn("{} of {}: {}; looking at the server", what(), plan.source(), e.getMessage());
            boolean done = Retry.OUTLAST_RESTART.call("looking at the names after the cut-over", swap::isSwapped);
            return done
                    ? new Outcome.Swapped(Duration.ofNanos(System.nanoTime() - begun), 0)
                    : new Outcome.NotSwapped(String.valueOf(e.getMessage()));
        }
    }
}
