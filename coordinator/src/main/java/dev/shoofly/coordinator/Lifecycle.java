package dev.shoofly.coordinator;

import dev.shoofly.database.TableSwap.Direction;
import dev.shoofly.database.connection.Retry;
import dev.shoofly.database.control.Command;
import dev.shoofly.database.control.Migration;
import dev.shoofly.database.control.MigrationRows;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationState;
import dev.shoofly.model.ShooflyException;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The state of the migration that this process owns: in memory and in the control table, always moved together under
 * one epoch. The phase thread advances it; the command thread pauses and resumes it. Thread-safe.
 */
final class Lifecycle {
    private static final Logger LOG = LoggerFactory.getLogger(Lifecycle.class);
    private final MigrationRows rows;
    private final MigrationId id;
    private final long epoch;
    private final FaultPoints faultPoints;
    private volatile Position position;
    private volatile boolean swappedBack;
    private volatile Runnable listener = () -> {};

    /**
     * One object, for who looks while it moves: a pause without its reason, or without what it interrupts, there never is.
     *
     * @param resumeState where PAUSED or FAILED came from; null in every other state
     */
    record Position(
            MigrationState state,
            @Nullable MigrationState resumeState,
            @Nullable String reason) {

        /** In which work goes on. */
        MigrationState workState() {
            return resumeState == null ? state : resumeState;
        }
    }

    Lifecycle(MigrationRows rows, Migration migration, long epoch, FaultPoints faultPoints) {
        this.rows = rows;
        this.id = migration.id();
        this.epoch = epoch;
        this.faultPoints = faultPoints;
        this.position = new Position(migration.state(), migration.resumeState(), migration.reason());
    }

    /** @param told after each change, on the thread that made it; must return at once */
    void onChange(Runnable told) {
        listener = told;
    }

    /** Something else was noted in the migration's log. */
    void noted() {
        listener.run();
    }

    long epoch() {
        return epoch;
    }

    Position position() {
        return position;
    }

    MigrationState state() {
        return position.state();
    }

    /** The state in which work goes on: where PAUSED or FAILED came from, else the state itself. */
    MigrationState workState() {
        return position.workState();
    }

    /** Moves on; waits while somebody has paused the migration. */
    void advance(MigrationState next) throws InterruptedException {
        advance(next, "");
    }

    /** As above, for a reason. */
    void advance(MigrationState next, String why) throws InterruptedException {
        synchronized (this) {
            while (state() == MigrationState.PAUSED) {
                wait();
            }
            move(next, null, why);
        }
        faultPoints.reach("state." + next);
    }

    /** @return false when there is nothing to pause: already paused, or past the swap */
    boolean pause(String why) {
        return pause(why, null);
    }

    /**
     * As above, by a command: from here on it is begun, and whoever takes the migration over does not hear it again.
     *
     * @param word null: nobody's
     */
    synchronized boolean pause(String why, @Nullable Command word) {
        if (!state().mayBecome(MigrationState.PAUSED)) {
            return false;
        }
        move(MigrationState.PAUSED, state(), why, word, Command.PAUSING);
        return true;
    }

    /** As {@link #pause}, with this reason even if somebody paused it already. */
    synchronized void hold(String why) {
        if (state() == MigrationState.PAUSED) {
            // In place: moved on and back, it would look like a resume to appliers elsewhere.
            Retry.OUTLAST_RESTART.call("saying why migration " + id + " is held", () -> {
                rows.saveReason(id, epoch, why);
                return true;
            });
            position = new Position(MigrationState.PAUSED, position.resumeState(), why);
        } else if (!pause(why)) {
            throw new IllegalStateException("nothing to hold in state " + state());
        }
    }

    /**
     * The swap is finished. What it could not do is said of the state as it is; a line of the migration's log, and so an event.
     *
     * @param left empty: nothing
     */
    void finished(String left) {
        synchronized (this) {
            Retry.OUTLAST_RESTART.call("saying what is left to do of migration " + id, () -> {
                rows.saveLeftToDo(id, epoch, left);
                return true;
            });
            if (!left.isEmpty()) {
                position = new Position(position.state(), position.resumeState(), left);
            }
        }
        listener.run();
    }

    /** What a former owner found left to do, where its reason has gone since. */
    synchronized void recall(String left) {
        String reason = position.reason();
        if (left.isEmpty() || reason != null && reason.contains(left)) {
            return;
        }
        String both = reason == null ? left : reason + "; " + left;
        Retry.OUTLAST_RESTART.call("saying what is left to do of migration " + id, () -> {
            rows.saveReason(id, epoch, both);
            return true;
        });
        position = new Position(position.state(), position.resumeState(), both);
    }

    synchronized void awaitResume() throws InterruptedException {
        while (state() == MigrationState.PAUSED) {
            wait();
        }
    }

    /** As the row says; this process may have lost the answer to the commit that paused or resumed it. */
    boolean isPausedInRow() {
        return row().state() == MigrationState.PAUSED;
    }

    /** From PAUSED or FAILED back to where it came from. */
    boolean resume() {
        return resume(null);
    }

    /** As above, by a command, as with {@link #pause(String, Command)}. */
    synchronized boolean resume(@Nullable Command word) {
        Position from = position;
        if (from.state() != MigrationState.PAUSED && from.state() != MigrationState.FAILED) {
            return false;
        }
        MigrationState back = from.resumeState() == null ? MigrationState.CREATED : from.resumeState();
        move(back, null, "", word, Command.RESUMING);
        notifyAll();
        return true;
    }

    /**
     * Works while nobody can pause the migration: a pause inside the swap would contradict it. Waits for the end of a pause,
     * of which the work must make sure that it has not come meanwhile.
     */
    synchronized <T> T holding(MigrationState expected, Supplier<T> work) throws InterruptedException {
        while (state() == MigrationState.PAUSED) {
            wait();
        }
        if (state() != expected) {
            throw new IllegalStateException("expected " + expected + ", not " + state());
        }
        return work.get();
    }

    /** Looks while nobody can swap the tables; not at all when they are swapped in this direction. */
    synchronized <T> Optional<T> unlessSwapped(Direction direction, Supplier<Optional<T>> look) {
        boolean swapped = direction == Direction.FORWARD ? state().isSwapped() : swappedBack;
        return swapped ? Optional.empty() : look.get();
    }

    boolean isSwappedBack() {
        return swappedBack;
    }

    synchronized void fail(String why) {
        if (state().mayBecome(MigrationState.FAILED)) {
            move(MigrationState.FAILED, workState(), why);
        }
    }

    /** The swap wrote the state itself, or it is found done. */
    void swapped(Direction direction) {
        if (direction == Direction.BACK) {
            swappedBack = true;
            listener.run();
            faultPoints.reach("swap-back.done");
            return;
        }
        synchronized (this) {
            Migration found = Retry.OUTLAST_RESTART.call("reading migration " + id, this::row);
            if (found.state() == MigrationState.CUTOVER) {
                position = new Position(MigrationState.CUTOVER, null, position.reason());
                listener.run();
            } else {
                if (state() == MigrationState.PAUSED || state() == MigrationState.FAILED) {
                    resume();
                }
                move(MigrationState.CUTOVER, null, "");
            }
        }
        faultPoints.reach("state." + MigrationState.CUTOVER);
    }

    /**
     * The row says so already.
     *
     * @param left what the swap back could not do; empty: nothing
     */
    void forwardAgain(String left) {
        synchronized (this) {
            swappedBack = false;
            position = new Position(MigrationState.SYNCHRONIZING, null, left.isEmpty() ? null : left);
            LOG.info("migration {}: {} -> {}", id, MigrationState.CUTOVER, MigrationState.SYNCHRONIZING);
        }
        listener.run();
    }

    private Migration row() {
        return rows.find(id)
                .orElseThrow(() -> new ShooflyException(
                        ErrorKind.SUPERSEDED,
                        "migration " + id + " is no longer in the control tables: somebody cancelled it"));
    }

    private void move(MigrationState next, @Nullable MigrationState resumeState, String why) {
        move(next, resumeState, why, null, "");
    }

    private void move(
            MigrationState next,
            @Nullable MigrationState resumeState,
            String why,
            @Nullable Command word,
            String begun) {
        MigrationState from = state();
        Retry.OUTLAST_RESTART.call("moving migration " + id + " to " + next, () -> {
            Migration found = row();
            // A commit whose answer was lost with the connection has moved it already.
            if (found.epoch() != epoch || found.state() != next) {
                if (word == null) {
                    rows.transition(id, epoch, from, next, why);
                } else {
                    rows.transition(word, begun, epoch, from, next, why);
                }
            }
            return true;
        });
        if (word != null) {
            faultPoints.reach(CommandListener.BEGUN);
        }
        position = new Position(next, resumeState, why.isEmpty() ? null : why);
        listener.run();
        LOG.info("migration {}: {} -> {}{}", id, from, next, why.isEmpty() ? "" : " (" + why + ")");
    }
}
