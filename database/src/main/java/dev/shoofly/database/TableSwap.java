package dev.shoofly.database;

import dev.shoofly.database.control.Progress;
import dev.shoofly.model.CutoverSettings;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The cut-over on the server. One caller. */
public interface TableSwap {

    /** A server-side point in time (PostgreSQL: transaction id; MySQL: timestamp) for {@link #blockers}. */
    String completionPoint();

    /**
     * Who would make the attempt hang or read a half-filled table: transactions whose snapshot is older than the
     * completion point, prepared transactions, long transactions that hold the table.
     */
    List<Blocker> inTheWay(String completionPoint);

    /** As {@link #inTheWay}, for people. */
    default List<String> blockers(String completionPoint) {
        return inTheWay(completionPoint).stream().map(Blocker::words).toList();
    }

    /** The application's sessions that hold what the swap needs, for however short a time. */
    List<BlockingSession> blockingSessions(String completionPoint);

    /**
     * Ends a session, if it is still in the transaction that was seen.
     *
     * @return empty: it is over; else why it cannot be ended, with what is missing
     */
    Optional<String> end(BlockingSession session);

    /**
     * One attempt: progress rows, locks (waiting at most the lock time-out), remainder, swap, record of it ({@link Direction}),
     * new epochs of the progress rows. What makes the application wait for longer than {@code maxStall} is given up. On {@link Outcome.NotSwapped} all locks are released and the world is as before.
     *
     * @param epoch the migration's
     * @throws ShooflyException AMBIGUOUS when the connection was lost so that only {@link #isSwapped} can tell; SUPERSEDED
     */
    Outcome attempt(CutoverSettings settings, long epoch, Remainder remainder);

    /** Looks at the server: does the original name stand for the new table? */
    boolean isSwapped();

    /**
     * What has to follow the swap and could not be in it. Repeatable, and says the same until {@link #told}. The new table
     * serves, whatever comes of it.
     *
     * @return what could not be done, and how people can do it; empty: all is done
     */
    List<String> finish();

    /**
     * What {@link #finish} could not do is recorded: on the server nothing has to tell of it any more. Repeatable, until the way
     * back is opened.
     */
    default void told() {}

    /** What has to follow when nothing leads back to the old table any more. Repeatable. */
    default void settle() {}

    /** Gives the keys between each partition's progress and a marker inserted now. Called with the locks held. */
    @FunctionalInterface
    interface Remainder {
        /**
         * @param progress the locked rows, one for each partition
         * @throws NotDrained when the marker did not arrive in time or there are more than {@code most} keys
         */
        Drained drain(List<Progress> progress, Duration timeout, int most) throws NotDrained;

        /**
         * What the log has delivered by now. Called with the progress rows locked, before the tables are and after it.
         *
         * @param toMarker whether to wait for a marker that is inserted now, so that all is there that was committed before
         * @return empty: all is left for {@link #drain}
         */
        default Optional<Delivered> delivered(List<Progress> progress, boolean toMarker, Duration timeout, int most)
                throws NotDrained {
            return Optional.empty();
        }

        /** The locks are granted: the marker of the {@link #drain} that follows may be inserted meanwhile. */
        default void locked() {}
    }

    /**
     * Keys of changes that may not be visible yet.
     *
     * @param transactions that have to be visible before a row is read, as in {@link Reconciler.Batch}
     * @param markers the greatest that stands before the next offset, of the partitions that had one
     */
    record Delivered(Drained drained, Set<String> transactions, Map<Integer, Long> markers) {
        public Delivered {
            markers = Map.copyOf(markers);
            transactions = Set.copyOf(transactions);
        }
    }

    /**
     * What there is to reconcile under the locks.
     *
     * @param keys distinct
     * @param nextOffsets behind them, per partition: where the appliers of the other direction begin. Taken up before, these
     *     keys would be written back, and with them what a conversion had changed
     * @param marker written under the locks: whatever stands before it in the log is in both tables, should a capture that begins
     *     anew hand it out again
     */
    record Drained(List<RowKey> keys, Map<Integer, Long> nextOffsets, long marker) {
        public Drained {
            keys = List.copyOf(keys);
            nextOffsets = Map.copyOf(nextOffsets);
        }

        /** With offsets that nobody will ask for. */
        public static Drained of(List<RowKey> keys) {
            return new Drained(keys, Map.of(), 0);
        }
    }

    /** Which way the names are exchanged. */
    enum Direction {
        /** The state becomes CUTOVER. */
        FORWARD,
        /** The state stays CUTOVER; that it was rolled back is noted beside it. */
        BACK;

        /** What people call it. */
        public String word() {
            return this == FORWARD ? "cut-over" : "rollback";
        }

        /** The name of a fault point of the swap. */
        public String point(String step) {
            return (this == FORWARD ? "swap." : "swap-back.") + step;
        }
    }

    /** The remainder could not be had; let go and retry. */
    final class NotDrained extends Exception {
        public NotDrained(String reason) {
            super(reason);
        }
    }

    /** How an attempt ended. */
    sealed interface Outcome {
        /** @param locked from the first granted or waiting exclusive lock on the source to its release */
        record Swapped(Duration locked, int drainedKeys) implements Outcome {}

        /** @param reason with the holder, where the server tells */
        record NotSwapped(String reason) implements Outcome {}

        /**
         * Of the way back alone: the old table does not take every row of the new one as it is now. Nothing was renamed, and
         * only a change of these rows can help.
         *
         * @param reason with columns and keys
         */
        record DoesNotFit(String reason) implements Outcome {}
    }
}
