package dev.shoofly.backfill;

import java.time.Duration;
import java.util.function.Supplier;

/**
 * Chooses how many rows the next chunk has, so that a chunk takes about its time budget: short enough to give way
 * quickly, long enough that its fixed cost does not count. One worker's own; not thread-safe.
 */
final class ChunkSizer {
    static final int FEWEST = 100;
    static final int MOST = 50_000;
    private final Supplier<Duration> budget;
    private final int firstRows;
    private int rows;

    /**
     * @param firstRows of the first chunk, if it may take {@link Pace#DEFAULT_CHUNK_TIME}, and fewer in proportion if less; a
     *     value outside of the bounds widens them
     * @param budget may change between chunks
     */
    ChunkSizer(int firstRows, Supplier<Duration> budget) {
        this.firstRows = firstRows;
        this.budget = budget;
    }

    /** Of the next chunk. Asked for the first time when that is about to begin: what may be spent is known by then. */
    int rows() {
        if (rows == 0) {
            double part = (double) budget.get().toNanos() / Pace.DEFAULT_CHUNK_TIME.toNanos();
            long fewer = Math.max(Math.min(FEWEST, firstRows), Math.round(firstRows * part));
            rows = (int) Math.min(firstRows, fewer);
        }
        return rows;
    }

    /** @param took of a whole chunk of {@link #rows} rows, without waiting times */
    void took(Duration took) {
        double wanted = (double) budget.get().toNanos() / Math.max(1, took.toNanos());
        // One slow chunk (a checkpoint of the server, a lock wait) must not collapse the size, nor one fast
        // one inflate it.
        double factor = Math.max(0.5, Math.min(2.0, wanted));
        int now = rows();
        rows = (int) Math.max(Math.min(FEWEST, now), Math.min(Math.max(MOST, now), Math.round(now * factor)));
    }
}
