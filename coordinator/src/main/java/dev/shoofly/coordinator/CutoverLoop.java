package dev.shoofly.coordinator;

import dev.shoofly.database.Blocker;
import dev.shoofly.database.BlockingSession;
import dev.shoofly.database.TableSwap;
import dev.shoofly.database.TableSwap.Direction;
import dev.shoofly.database.TableSwap.Outcome;
import dev.shoofly.database.connection.Retry;
import dev.shoofly.database.control.Misfits;
import dev.shoofly.model.CutoverSettings;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.GateName;
import dev.shoofly.model.GateReport;
import dev.shoofly.model.MigrationMetrics;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.MigrationState;
import dev.shoofly.model.ShooflyException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
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
    /** While a clock or a file is waited for, the server is asked less often. */
    private static final Duration LOOK_AGAIN_LATER = Duration.ofSeconds(2);

    private final TableSwap swap;
    private final MigrationPlan plan;
    private final Direction direction;
    private final CutoverSettings settings;
    private final Lifecycle lifecycle;
    private final Gate gate;
    private final MigrationMetrics metrics;
    private final BlockerEnder ender;
    private volatile int attempts;
    private volatile long lockedMillis = -1;

    /** What the loop asks of the run around it. */
    interface Gate {
        /** Whether everything committed up to now was applied within the time. */
        boolean caughtUpWithin(Duration time) throws InterruptedException;

        /** Since when the shadow has been whole. Waits while the migration is paused; a pause moves this on. */
        String completionPoint() throws InterruptedException;

        /** Rows that somebody has found to differ for certain, and that nobody has made equal since; empty: none. */
        Optional<String> knownToDiffer();

        /** Compares what changed since it was compared. Empty: all of it, and it is equal; else what is left, for people. */
        Optional<String> unverified();

        /** Replicas that lag beyond their limit, each with its lag. */
        List<String> replicasBehind();

        /** Whether the migration was paused since {@link #completionPoint} was told. */
        boolean isBehind();

        TableSwap.Remainder remainder();

        /** How the gates are that the operator holds; without those that were never asked for. */
        List<GateReport> operators();

        /** Whether nobody is to look at it. */
        boolean isForced(GateName gate);

        /** Tells people what was found of each gate. */
        void show(List<GateReport> found);

        /** Notes whose session was ended for the swap. */
        void ended(String session);

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
        this.ender = new BlockerEnder(
                settings.conditions().killBlockers(), settings.conditions().blockerPatience(), System::nanoTime);
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
        if (Retry.OUTLAST_RESTART.call("looking at the names before the " + direction.word(), swap::isSwapped)) {
            lifecycle.swapped(direction);
            return;
        }
        Backoff backoff = new Backoff();
        while (attempts < settings.retries()) {
            awaitGates();
            Optional<Outcome> attempted = attempt();
            if (attempted.isEmpty()) {
                // The gates may be shut again.
                continue;
            }
            Outcome outcome = attempted.get();
            if (outcome instanceof Outcome.Swapped swapped) {
                lockedMillis = swapped.locked().toMillis();
                metrics.time(MigrationMetrics.Timer.CUTOVER_LOCKED, swapped.locked());
                LOG.info(
                        "{} of {} done: locked for {} ms, {} keys reconciled under the lock, attempt {}",
                        direction.word(),
                        plan.source(),
                        lockedMillis,
                        swapped.drainedKeys(),
                        attempts);
                return;
            }
            if (outcome instanceof Outcome.DoesNotFit misfits) {
                throw new CutoverGivenUp(
                        direction.word() + " of " + plan.source() + " is not possible now: " + misfits.reason()
                                + ". Nothing was renamed, and " + plan.shadow() + " is still kept up to date. "
                                + Misfits.advice() + ".");
            }
            String why = ((Outcome.NotSwapped) outcome).reason();
            long next = backoff.nextMillis();
            gate.report(
                    direction.word() + " of " + plan.source() + " did not complete: " + why
                            + ". Nothing was renamed; capture and apply continue. Next attempt in " + next
                            + " ms (attempt "
                            + (attempts + 1) + " of " + settings.retries() + ")",
                    true);
            Thread.sleep(next);
        }
        throw new CutoverGivenUp(direction.word() + " of " + plan.source() + " did not complete in " + attempts
                + " attempts. Nothing was renamed; "
                + switch (direction) {
                    case FORWARD ->
                        "the shadow " + plan.shadow() + " is kept. Continue with 'resume " + plan.id()
                                + "' when the table is quieter, perhaps with a longer --lock-timeout.";
                    case BACK -> plan.shadow() + " is still kept up to date. Ask again when the table is quieter.";
                });
    }

    private void awaitGates() throws InterruptedException {
        while (true) {
            if (!gate.isWanted()) {
                throw new CutoverGivenUp(direction.word() + " of " + plan.source() + " is not asked for any more.");
            }
            String completionPoint = gate.completionPoint();
            List<GateReport> found = new ArrayList<>(gate.operators());
            boolean shutByOperator = found.stream().anyMatch(GateReport::blocks);
            GateReport differing = differing();
            List<Blocker> blockers = blockers(completionPoint);
            String notEnded = shutByOperator || differing.blocks() ? "" : endBlockers(completionPoint, blockers);
            found.addAll(sessions(blockers, notEnded));
            if (direction == Direction.FORWARD) {
                // Whoever wants the old table back wants it now.
                found.add(unless(GateName.REPLICAS, this::replicas));
            }
            found.add(differing);
            found.add(differing.blocks() ? GateReport.unknown(GateName.HOT_ROWS) : hotRows());
            boolean shut = found.stream().anyMatch(GateReport::blocks);
            found.add(shut ? GateReport.unknown(GateName.LAG) : lag());
            gate.show(found);
            List<String> reasons = found.stream()
                    .filter(GateReport::blocks)
                    .map(GateReport::reason)
                    .toList();
            if (reasons.isEmpty()) {
                gate.report(direction.word(), false);
                return;
            }
            gate.report(direction.word() + " waits for: " + String.join("; ", reasons), true);
            Thread.sleep((shutByOperator ? LOOK_AGAIN_LATER : LOOK_AGAIN).toMillis());
        }
    }

    private GateReport unless(GateName name, Supplier<GateReport> look) {
        return gate.isForced(name) ? GateReport.forced(name) : look.get();
    }

    /**
     * For a swap that can follow, not for one that would go on to wait for something else.
     *
     * @return who could not be ended, and why; empty: nobody
     */
    private String endBlockers(String completionPoint, List<Blocker> blockers) throws InterruptedException {
        if (ender.isOff()
                || blockers.isEmpty()
                || blockers.stream().anyMatch(blocker -> blocker.gate() == GateName.PREPARED)
                || !gate.isForced(GateName.LAG) && !gate.caughtUpWithin(CAUGHT_UP_WITHIN)) {
            return "";
        }
        List<BlockingSession> inTheWay = Retry.OUTLAST_RESTART.call(
                "looking for sessions in the way of the " + direction.word() + " of " + plan.source(),
                () -> swap.blockingSessions(completionPoint));
        BlockerEnder.Look look = ender.look(inTheWay, swap::end);
        look.ended().forEach(gate::ended);
        return String.join("; ", look.refused());
    }

    private List<Blocker> blockers(String completionPoint) {
        return Retry.OUTLAST_RESTART.call(
                "looking for what would block the " + direction.word() + " of " + plan.source(),
                () -> swap.inTheWay(completionPoint));
    }

    private List<GateReport> sessions(List<Blocker> blockers, String notEnded) {
        return Stream.of(GateName.PREPARED, GateName.SNAPSHOTS, GateName.HOLDERS)
                .map(name -> unless(name, () -> ofSessions(name, blockers, notEnded)))
                .toList();
    }

    private GateReport ofSessions(GateName name, List<Blocker> blockers, String notEnded) {
        String words = blockers.stream()
                .filter(blocker -> blocker.gate() == name)
                .map(Blocker::words)
                .collect(Collectors.joining("; "));
        return words.isEmpty()
                ? GateReport.open(name)
                : GateReport.shut(name, words, remedy(name) + (notEnded.isEmpty() ? "" : ". " + notEnded));
    }

    private String remedy(GateName name) {
        if (name == GateName.PREPARED) {
            // No session has it that could be ended.
            return "commit it or roll it back, as whoever prepared it would" + withdrawn();
        }
        return direction == Direction.FORWARD
                ? "let it end, or end it; --kill-blockers can do that"
                : "let it end, or end it" + (ender.isOff() ? "" : ", as --kill-blockers does") + withdrawn();
    }

    /** What else can be done about a rollback that waits. */
    private String withdrawn() {
        return direction == Direction.FORWARD
                ? ""
                : "; the rollback goes on by itself then, and 'complete " + plan.id() + "' withdraws it";
    }

    private GateReport replicas() {
        List<String> behind = gate.replicasBehind();
        return behind.isEmpty()
                ? GateReport.open(GateName.REPLICAS)
                : GateReport.shut(
                        GateName.REPLICAS,
                        String.join("; ", behind),
                        "wait until it has caught up; 'throttle " + plan.id()
                                + " --max-lag' sets the limit, of all or of this one, '--replica' names those that"
                                + " count");
    }

    /** Nobody can force it: what differs would be lost. */
    private GateReport differing() {
        return gate.knownToDiffer()
                .map(rows -> GateReport.shut(
                        GateName.VERIFICATION,
                        "the verification: " + rows,
                        "find out who writes past the log; 'verify " + plan.id() + " --repair' writes them anew"
                                + withdrawn()))
                .orElseGet(() -> GateReport.open(GateName.VERIFICATION));
    }

    /** Looked at even if it is skipped: a row that differs for certain ends the migration, whoever was in a hurry. */
    private GateReport hotRows() {
        Optional<String> unverified = gate.unverified();
        if (gate.isForced(GateName.HOT_ROWS)) {
            return GateReport.forced(GateName.HOT_ROWS);
        }
        return unverified
                .map(left -> GateReport.shut(
                        GateName.HOT_ROWS, "the verification: " + left, "wait for a quieter moment" + withdrawn()))
                .orElseGet(() -> GateReport.open(GateName.HOT_ROWS));
    }

    /** Looked at even if it is skipped: what can be applied before the lock need not be applied under it. */
    private GateReport lag() throws InterruptedException {
        boolean caughtUp = gate.caughtUpWithin(CAUGHT_UP_WITHIN);
        if (caughtUp) {
            return GateReport.open(GateName.LAG);
        }
        return unless(
                GateName.LAG,
                () -> GateReport.shut(
                        GateName.LAG,
                        "the applier to catch up",
                        "wait, give it more --applier-threads, or choose a quieter moment" + withdrawn()));
    }

    /** Empty when nothing was attempted: somebody has paused it, or the operator has shut a gate since. */
    private Optional<Outcome> attempt() throws InterruptedException {
        MigrationState expected = direction == Direction.FORWARD ? MigrationState.READY : MigrationState.CUTOVER;
        return lifecycle.holding(expected, () -> {
            if (gate.isBehind() || gate.operators().stream().anyMatch(GateReport::blocks)) {
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
            LOG.warn("{} of {}: {}; looking at the server", direction.word(), plan.source(), e.getMessage());
            boolean done =
                    Retry.OUTLAST_RESTART.call("looking at the names after the " + direction.word(), swap::isSwapped);
            return done
                    ? new Outcome.Swapped(Duration.ofNanos(System.nanoTime() - begun), 0)
                    : new Outcome.NotSwapped(String.valueOf(e.getMessage()));
        }
    }
}
