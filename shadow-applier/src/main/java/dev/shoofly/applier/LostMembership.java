package dev.shoofly.applier;

import dev.shoofly.model.ShooflyException;
import java.time.Duration;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.common.errors.FencedMemberEpochException;
import org.apache.kafka.common.errors.IllegalGenerationException;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.apache.kafka.common.errors.StaleMemberEpochException;
import org.apache.kafka.common.errors.UnknownMemberIdException;

/**
 * Tells an instance that was thrown out of its group, because it was stopped or cut off for longer than its session, from one
 * that met an error. Streams handles it itself almost everywhere; where a task is just being initialised it ends the
 * thread instead (4.3.1), and where a partition goes while a task begins to read it. Another thread joins the group anew, and
 * the claims on the partitions keep what was lost from being written. Thread-safe.
 */
final class LostMembership {
    private static final int MOST_IN_A_ROW = 20;
    private static final Duration ROW_ENDS_AFTER = Duration.ofMinutes(1);
    private int inARow;
    private long last = System.nanoTime();

    /** Whether to go on with another thread. Not for ever, should a broker know no member for long. */
    synchronized boolean excuses(Throwable error) {
        if (!isLost(error)) {
            return false;
        }
        long now = System.nanoTime();
        inARow = now - last > ROW_ENDS_AFTER.toNanos() ? 1 : inARow + 1;
        last = now;
        return inARow <= MOST_IN_A_ROW;
    }

    private static boolean isLost(Throwable error) {
        for (Throwable at = error; at != null; at = at.getCause()) {
            if (at instanceof ShooflyException) {
                return false;
            }
            if (at instanceof UnknownMemberIdException
                    || at instanceof FencedMemberEpochException
                    || at instanceof StaleMemberEpochException
                    || at instanceof IllegalGenerationException
                    || at instanceof RebalanceInProgressException
                    || at instanceof CommitFailedException
                    || isOfPartitionTakenMeanwhile(at)) {
                return true;
            }
        }
        return false;
    }

    /**
     * The consumer's own thread gives partitions up while Streams' thread is about to place it at the begin of one. There is no type
     * for that: SubscriptionState's only failure of this kind is told by its words (4.3.1).
     */
    private static boolean isOfPartitionTakenMeanwhile(Throwable error) {
        return error instanceof IllegalStateException
                && String.valueOf(error.getMessage()).startsWith("No current assignment for partition ");
    }
}
