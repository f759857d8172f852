package dev.shoofly.coordinator;

import dev.shoofly.database.TableSwap.Direction;
import dev.shoofly.database.WayBack;
import dev.shoofly.database.connection.Retry;
import dev.shoofly.database.control.Command;
import dev.shoofly.database.control.Migration;
import dev.shoofly.database.control.Misfits;
import dev.shoofly.database.control.Rollback;
import dev.shoofly.database.throttle.Throttle;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.MigrationState;
import dev.shoofly.model.RollbackFeasibility;
import dev.shoofly.model.RollbackFeasibility.Verdict;
import dev.shoofly.model.ShooflyException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The time from the swap to the end of the rollback window: the old table is kept up to date from the new one by the same
 * pipeline, its two sides exchanged, and is swapped in again if somebody asks for it. What goes wrong here costs the way
 * back, never the migration. The phase thread drives it; commands come from another.
 */
final class RollbackWindow {
    private static final Logger LOG = LoggerFactory.getLogger(RollbackWindow.class);
    private static final Duration LOOK_EVERY = Duration.ofMillis(100);
    private static final Duration READ_EVERY = Duration.ofSeconds(1);
    private static final String ROLLING_BACK = "rolling back";
    private static final String CLOSING = "closing the rollback window";
    private final RunContext context;
    private final MigrationPlan plan;
    private final InstantSource clock;
    private final GateBoard board;
    private Phase phase = Phase.BEFORE;
    private volatile boolean requested;
    private volatile boolean closing;
    /** A word may have called off what was requested, and its answer was lost: only the row knows. */
    private volatile boolean inDoubt;
    /** The end of the window as this process knows it; under the object's lock. */
    private long openUntilMillis;
    /** When the row is read next; under the object's lock. */
    private long nextRead = System.nanoTime();
    /** Whether the whole of both tables was compared since the start; the phase thread's. */
    private boolean compared;
    /** Why it does not go forward again although somebody wants that; the phase thread's. */
    private String endsBecause = "";
    /** Why it was rolled back without anybody's word; empty: it was not. */
    private volatile String byItselfBecause = "";
    /** Failures cost the way back only while it is worked on, and only once. */
    private volatile boolean atWork;

    /** How far the window is; under the object's lock. */
    private enum Phase {
        /** A rollback that is asked for now is performed as soon as the old table is up to date. */
        BEFORE,
        OPEN,
        OVER
    }

    /** How it ended. */
    enum End {
        /** Nobody wanted the old table back, or there is no way back. */
        CLOSED,
        /** The old table has its name again. */
        ROLLED_BACK
    }

    /** Starts the stages of the way back. */
    @FunctionalInterface
    interface Begin {
        /**
         * @param compared {@code back} with the columns that can be compared
         * @param mayGoOn asked before each chunk that is compared
         */
        Stages by(MigrationPlan back, MigrationPlan compared, Throttle mayGoOn);
    }

    RollbackWindow(RunContext context, MigrationPlan plan, InstantSource clock) {
        this.context = context;
        this.plan = plan;
        this.clock = clock;
        this.board = GateBoard.ofRollback(context, clock);
    }

    /** Whether the pipeline is needed after the swap. */
    static boolean isExpected(Migration migration) {
        Rollback known = migration.rollback();
        return !migration.spec().cutover().rollbackWindow().isZero()
                && !isImpossible(known)
                && !known.isClosed()
                && (!known.swappedBack() || known.keptFor() != null);
    }

    /** Before the swap: says what the way back will be worth. */
    void foretell() {
        if (!isWanted()) {
            return;
        }
        RollbackFeasibility found = Retry.OUTLAST_RESTART.call(
                "looking for a way back for " + plan.source(), () -> wayBack().feasibility());
        save(found);
        if (found.verdict() != Verdict.SAFE) {
            LOG.warn(
                    "after the swap of {} a rollback will be {}: {}",
                    plan.source(),
                    found.verdict(),
                    String.join("; ", found.reasons()));
        }
    }

    private boolean isWanted() {
        return !context.migration().spec().cutover().rollbackWindow().isZero();
    }

    /**
     * @param begin begins to keep the old table up to date
     * @param attempting told when an attempt to swap begins and ends
     */
    End run(Begin begin, Consumer<Boolean> attempting) throws InterruptedException {
        Rollback known = rollback();
        requested |= known.requested();
        if (isSwappedBack(known)) {
            return end(End.ROLLED_BACK);
        }
        if (!isWanted() || isImpossible(known) || known.isClosed()) {
            return end(End.CLOSED);
        }
        atWork = true;
        MigrationPlan back = known.plan();
        Instant ends = known.windowEnds();
        if (back == null || ends == null) {
            // How far the way there was verified says nothing of the way back.
            Retry.OUTLAST_RESTART.call("forgetting what was compared of " + plan.source() + " before its swap", () -> {
                context.control().verification().forget(context.id());
                return true;
            });
            Instant until = clock.instant().plus(window());
            back = Retry.OUTLAST_RESTART.call(
                    "opening a way back for " + plan.source(),
                    () -> wayBack().open(context.lifecycle().epoch(), until));
            // Somebody may have closed it meanwhile: that end stands.
            ends = Objects.requireNonNullElse(rollback().windowEnds(), until);
            context.faultPoints().reach("back.opened");
        }
        if (!clock.instant().isBefore(ends) && isOver(ends)) {
            return End.CLOSED;
        }
        MigrationPlan opened = back;
        MigrationPlan compared = Retry.OUTLAST_RESTART.call(
                "looking what of " + plan.source() + " can be compared with the old table",
                () -> wayBack().compared(opened));
        board.clear();
        return keep(back, ends, begin.by(back, compared, untilRequested()), attempting);
    }

    private Duration window() {
        return context.migration().spec().cutover().rollbackWindow();
    }

    private synchronized End end(End how) {
        phase = Phase.OVER;
        atWork = false;
        return how;
    }

    private End keep(MigrationPlan back, Instant ends, Stages running, Consumer<Boolean> attempting)
            throws InterruptedException {
        synchronized (this) {
            phase = Phase.OPEN;
            openUntilMillis = ends.toEpochMilli();
        }
        try (MisfitWatch misfits = new MisfitWatch(
                        plan.source().toString(),
                        () -> context.lifecycle().state() == MigrationState.PAUSED,
                        () -> context.control().misfits().summary(context.id()),
                        context.view()::misfits);
                RollbackWatch watch = new RollbackWatch(
                        context.migration().spec().cutover().autoRollback(),
                        context.database().probe(back),
                        why -> requestBecause(why, misfits.latest()))) {
            misfits.start();
            watch.start();
            context.view().activity("bringing the old table up to date");
            running.becomeComplete();
            if (!requested) {
                verify(back, running);
            }
            return keepUntilOver(back, ends, running, attempting);
        }
    }

    private End keepUntilOver(MigrationPlan back, Instant until, Stages running, Consumer<Boolean> attempting)
            throws InterruptedException {
        Instant ends = until;
        while (true) {
            context.view()
                    .activity("keeping the old table up to date until " + ends + "; 'rollback " + context.id()
                            + "' brings it back");
            while (!isRequested()) {
                if (isOver(ends)) {
                    return End.CLOSED;
                }
                Thread.sleep(LOOK_EVERY.toMillis());
            }
            context.faultPoints().reach("rollback.asked");
            try {
                running.cutOver(
                        context.database().swap(back, Direction.BACK), attempting, this::isStillRequested, board);
                saveSwappedBack();
                return end(End.ROLLED_BACK);
            } catch (CutoverGivenUp e) {
                ends = askAgain(ends, e);
                board.clear();
                followAgain(back, running);
            }
        }
    }

    /** Whoever asks at this moment is either heard, or told that it is too late. */
    private synchronized boolean isOver(Instant ends) {
        if (isStillRequested() || !closing && clock.instant().isBefore(ends) || isRequestedInRow()) {
            return false;
        }
        end(End.CLOSED);
        return true;
    }

    /** As this process knows; as the row says, where it does not. */
    private synchronized boolean isStillRequested() {
        return inDoubt ? isRequestedInRow() : requested;
    }

    /** Looks into the row now and then. */
    private synchronized boolean isRequested() {
        if (inDoubt) {
            return isRequestedInRow();
        }
        if (!requested && System.nanoTime() - nextRead >= 0) {
            nextRead = System.nanoTime() + READ_EVERY.toNanos();
            return isRequestedInRow();
        }
        return requested;
    }

    /** Whoever asked was told yes, also where this process lost its connection before it knew. Under the object's lock. */
    private boolean isRequestedInRow() {
        Optional<Rollback> found = Retry.OUTLAST_RESTART.call(
                "reading whether a rollback of " + context.id() + " is asked for",
                () -> context.owned().map(Migration::rollback));
        requested = found.map(Rollback::requested).orElse(false);
        // While it is asked for, the word is either heard again, or may be committed yet.
        inDoubt &= requested;
        // In the same way whoever wanted the window closed.
        closing |= found.map(Rollback::windowEnds)
                .map(ends -> ends.toEpochMilli() < openUntilMillis)
                .orElse(false);
        return requested;
    }

    /** @return the window's new end: who wants the old table back must find the time to ask again */
    private Instant askAgain(Instant ends, CutoverGivenUp why) {
        LOG.warn("{}", why.getMessage());
        synchronized (this) {
            // Whoever asks from now on is heard, in the row, too.
            requested = false;
            // As the row has it, and so everybody is told.
            Instant again = clock.instant().plus(window()).truncatedTo(ChronoUnit.MILLIS);
            Instant longer = closing || again.isBefore(ends) ? ends : again;
            // Repeated, it takes back no other word: who gives one waits for this object.
            boolean given = Retry.OUTLAST_RESTART.call("giving the rollback of " + plan.source() + " up", () -> {
                boolean ours = context.control()
                        .rollback()
                        .giveUp(
                                context.id(),
                                context.lifecycle().epoch(),
                                String.valueOf(why.getMessage()),
                                ends,
                                longer);
                context.faultPoints().reach("rollback.given-up");
                return ours;
            });
            if (!given) {
                // A word has written another end which this process does not know of: it finds it in the row.
                return ends;
            }
            openUntilMillis = longer.toEpochMilli();
            return longer;
        }
    }

    /** A rollback that is asked for meanwhile does not wait for it: what the pipeline wrote was read from the source. */
    private void verify(MigrationPlan back, Stages running) {
        context.view().activity("comparing the old table with the new one");
        try {
            running.verify();
            compared = true;
            running.keepVerified();
        } catch (CutShort e) {
            LOG.info("the comparison of {} with {} was cut short", back.source(), back.shadow());
        }
    }

    /** The window stays open: the attempt has ended the following of changes, or the request the comparison before it. */
    private void followAgain(MigrationPlan back, Stages running) {
        if (compared) {
            running.keepVerified();
        } else {
            verify(back, running);
        }
    }

    private Throttle untilRequested() {
        return new Throttle() {
            @Override
            public void await() {
                if (closing || isRequested()) {
                    throw new CutShort();
                }
            }
        };
    }

    /** A swap that was interrupted tells by the tables' names whether it happened. */
    private boolean isSwappedBack(Rollback known) {
        MigrationPlan back = known.plan();
        if (known.swappedBack()) {
            context.lifecycle().swapped(Direction.BACK);
            return true;
        }
        if (back == null) {
            return false;
        }
        boolean swapped = Retry.OUTLAST_RESTART.call(
                "looking at the tables' names",
                () -> context.database().swap(back, Direction.BACK).isSwapped());
        if (swapped) {
            saveSwappedBack();
            context.lifecycle().swapped(Direction.BACK);
        }
        return swapped;
    }

    /** The swap has done so itself, unless it lost its connection. */
    private void saveSwappedBack() {
        Retry.OUTLAST_RESTART.call("noting that " + plan.source() + " is what it was", () -> {
            context.control()
                    .rollback()
                    .swappedBack(context.id(), context.lifecycle().epoch());
            return true;
        });
    }

    private static boolean isImpossible(Rollback known) {
        RollbackFeasibility feasibility = known.feasibility();
        return feasibility != null && feasibility.verdict() == Verdict.IMPOSSIBLE;
    }

    /**
     * After the swap back is finished: whether somebody wants to be able to go forward again, and it is possible. If so, the
     * migration goes on from SYNCHRONIZING; the pipeline must have stopped.
     *
     * @param back by which it was swapped back
     */
    boolean goesForwardAgain(MigrationPlan back) {
        Duration keptFor = rollback().keptFor();
        if (keptFor == null) {
            return false;
        }
        Instant until = clock.instant().plus(keptFor);
        try {
            Retry.OUTLAST_RESTART.call("keeping the new table of " + plan.source() + " for another swap", () -> {
                wayBack().forwardAgain(back, context.lifecycle().epoch(), until);
                return true;
            });
        } catch (ShooflyException e) {
            if (e.kind() != ErrorKind.REFUSED) {
                throw e;
            }
            // What was asked for first is done: the old table is back.
            LOG.warn("{}; the migration ends rolled back", e.getMessage());
            endsBecause = String.valueOf(e.getMessage());
            return false;
        }
        LOG.info("{} is rolled back; 'cutover {}' goes forward again until {}", plan.source(), context.id(), until);
        context.faultPoints().reach("forward-again.recorded");
        return true;
    }

    /**
     * Why the migration ends rolled back: although somebody wants to go forward again, or although nobody asked for the old
     * table. Empty: somebody did, or it does not end so.
     */
    String endsBecause() {
        return endsBecause.isEmpty() ? byItselfBecause : endsBecause;
    }

    private Rollback rollback() {
        return read(context);
    }

    /** What the migration's row says now. */
    static Rollback read(RunContext context) {
        return Retry.OUTLAST_RESTART
                .call(
                        "reading migration " + context.id(),
                        () -> context.control().migrations().find(context.id()).orElseThrow())
                .rollback();
    }

    private WayBack wayBack() {
        return context.database().wayBack(plan, context.migration().spec().reverses());
    }

    /** Whether no way back was ever opened: the window may be closed all the same, by a word that came before. */
    boolean isUnopened() {
        Rollback known = rollback();
        return known.plan() == null && !known.swappedBack();
    }

    /** The plan of the way back; null: none was opened. */
    @Nullable
    MigrationPlan plan() {
        return rollback().plan();
    }

    /** Removes what the way back needed besides the tables. The pipeline must have stopped. Repeatable. */
    void dismantle() {
        Retry.OUTLAST_RESTART.call("taking away what the way back for " + plan.source() + " needed", () -> {
            wayBack().close();
            return true;
        });
    }

    /** By a condition of the operator, on the thread that watches it. An operator's word stands above it. */
    private void requestBecause(String why, Misfits misfits) {
        if (!misfits.isEmpty()) {
            // Not possible now; it is said already, and asked again as long as the condition holds.
            LOG.debug("{} is not rolled back although {}: {}", plan.source(), why, misfits.words());
            return;
        }
        synchronized (this) {
            if (requested || closing || inDoubt || phase == Phase.OVER) {
                return;
            }
            String reason = "rolled back by itself: " + why;
            // Nobody is there to give the word.
            Retry.OUTLAST_RESTART.call("asking for the old table of " + plan.source(), () -> {
                context.control()
                        .rollback()
                        .requestBecause(context.id(), context.lifecycle().epoch(), why, reason);
                return true;
            });
            byItselfBecause = reason;
            requested = true;
        }
        LOG.warn("{} is rolled back: {}", plan.source(), why);
        context.lifecycle().noted();
    }

    /** @return the answer for who asked */
    synchronized String request(Command word) {
        if (phase == Phase.OVER || !isWanted()) {
            return "refused: the old table is not kept up to date (any more), so it cannot be brought back";
        }
        context.control().rollback().request(word, context.lifecycle().epoch(), ROLLING_BACK);
        context.faultPoints().reach(CommandListener.TAKEN);
        requested = true;
        return ROLLING_BACK;
    }

    /** @return the answer for who asked */
    synchronized String complete(Command word) {
        if (phase == Phase.OVER || !isWanted()) {
            return "refused: no rollback window is open";
        }
        // In the row, with the answer: whoever takes the migration over closes it, too, and does not hear the word
        // again. Neither does this process, should it lose the answer to the commit.
        inDoubt = true;
        context.control().rollback().complete(word, context.lifecycle().epoch(), clock.instant(), CLOSING);
        context.faultPoints().reach(CommandListener.TAKEN);
        requested = false;
        closing = true;
        inDoubt = false;
        return CLOSING;
    }

    /** Whether a failure costs no more than the way back. */
    boolean isAtWork() {
        return atWork;
    }

    /** There is no way back from now on. The migration itself is not touched by that. */
    void lose(ShooflyException why) {
        end(End.CLOSED);
        String words = Objects.requireNonNullElse(why.getMessage(), why.toString());
        LOG.warn("{} cannot be rolled back any more: {}", plan.source(), words, why);
        save(RollbackFeasibility.impossible(words));
    }

    /** Before anything of the pipeline is taken away: from now on the window is not opened again. */
    void close() {
        Retry.OUTLAST_RESTART.call("closing the rollback window of " + context.id(), () -> {
            context.control().rollback().close(context.id(), context.lifecycle().epoch());
            return true;
        });
    }

    private void save(RollbackFeasibility found) {
        Retry.OUTLAST_RESTART.call("saving what a rollback of " + context.id() + " is worth", () -> {
            context.control()
                    .rollback()
                    .saveFeasibility(context.id(), context.lifecycle().epoch(), found);
            return true;
        });
    }
}
