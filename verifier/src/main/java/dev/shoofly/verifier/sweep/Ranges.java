package dev.shoofly.verifier.sweep;

import dev.shoofly.model.RowKey;
import org.jspecify.annotations.Nullable;

/** Hands a sweep its ranges, compared, in the order of the key, without a gap. One thread. */
public interface Ranges extends AutoCloseable {
    /**
     * The range that begins behind a key. What fails may be asked for again.
     *
     * @param after the last key of the range before; null: from the start
     * @param rows source rows that a range should have; the last one is open, so that rows which only the shadow has are
     *     seen wherever they are
     */
    ComparedRange next(@Nullable RowKey after, int rows) throws InterruptedException;

    @Override
    void close();
}
