package dev.shoofly.verifier;

import dev.shoofly.model.RowKey;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a pass starts, and who wants to know how far it is.
 *
 * @param after last key that an earlier pass verified; null: from the start
 * @param rowsBefore source rows that it compared
 */
public record VerificationPosition(@Nullable RowKey after, long rowsBefore, Listener listener) {
    /** A whole pass that nobody is going to resume. */
    public static final VerificationPosition START = new VerificationPosition(null, 0, (last, rows, open) -> {});

    /** Told of a pass's progress, on its thread. */
    @FunctionalInterface
    public interface Listener {
        /**
         * Every row up to the key is settled.
         *
         * @param last null: all rows are
         * @param rows source rows compared so far
         * @param open keys among those settled since the last time that changed at every look
         */
        void settled(@Nullable RowKey last, long rows, List<RowKey> open) throws InterruptedException;
    }
}
