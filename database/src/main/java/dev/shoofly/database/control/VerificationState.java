package dev.shoofly.database.control;

import dev.shoofly.model.RowKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How far the verification of a migration has come. Every row up to {@code after} was compared and found equal or settled,
 * and so was every row since that a record before {@code offsets} tells of. What is to be compared again stands in the topic
 * behind them, but for the keys in {@code open}.
 *
 * @param after last key of the sweep; null: the sweep has not begun, or is done
 * @param swept whether the sweep is done
 * @param offsets first record of each partition that was not followed yet; empty: a new sweep is to be made
 * @param open keys that differed and were changed while they were looked at
 * @param marker everything that was committed before it was followed
 * @param rows compared by the sweep
 * @param repaired rows repaired for this migration so far
 */
public record VerificationState(
        @Nullable RowKey after,
        boolean swept,
        Map<Integer, Long> offsets,
        List<RowKey> open,
        long marker,
        long rows,
        long repaired) {

    public VerificationState {
        offsets = Map.copyOf(offsets);
        open = List.copyOf(open);
    }

    /** Nothing of what was verified counts any more; what was repaired does. */
    public static VerificationState anew(long repaired) {
        return new VerificationState(null, false, Map.of(), List.of(), 0, 0, repaired);
    }

    /** Whether there is anything that a verification can go on from. */
    public boolean isBegun() {
        return !offsets.isEmpty();
    }

    public VerificationState sweptTo(@Nullable RowKey last, long rowsSoFar, long repairedSoFar) {
        return new VerificationState(last, last == null, offsets, open, marker, rowsSoFar, repairedSoFar);
    }

    public VerificationState followedTo(
            Map<Integer, Long> next, List<RowKey> stillOpen, long passed, long repairedSoFar) {
        return new VerificationState(after, swept, next, stillOpen, passed, rows, repairedSoFar);
    }

    public VerificationState opening(List<RowKey> more) {
        List<RowKey> all = new ArrayList<>(open);
        all.addAll(more);
        return new VerificationState(after, swept, offsets, all, marker, rows, repaired);
    }
}
