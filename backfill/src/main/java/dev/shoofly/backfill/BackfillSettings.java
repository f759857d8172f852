package dev.shoofly.backfill;

import dev.shoofly.database.control.SegmentRows;
import dev.shoofly.model.MigrationPlan;

/**
 * How much is copied at a time, and by whom.
 *
 * @param copier this process, and the migration's epoch under which it copies
 * @param chunkRows rows of a worker's first chunk; later ones follow the time that chunks take ({@link ChunkSizer})
 * @param segmentRows rows of a segment: what one claim is for
 */
public record BackfillSettings(
        MigrationPlan plan, SegmentRows.Copier copier, int chunkRows, int segmentRows, Pace pace) {
    /** Fewer would make the claims count. */
    private static final long FEWEST_CHUNKS = 10;

    private static final int MOST_SEGMENT_ROWS = 1_000_000;
    private static final int SEGMENTS = 64;

    public BackfillSettings {
        if (chunkRows < 1 || segmentRows < 1) {
            throw new IllegalArgumentException("a backfill needs a row per chunk and per segment: " + chunkRows
                    + " rows per chunk, " + segmentRows + " per segment");
        }
    }

    /**
     * Small enough that the last segments end at about the same time, large enough that claims do not count.
     *
     * @param tableRows an estimate
     */
    public static int segmentRows(long tableRows, int chunkRows) {
        long fewest = FEWEST_CHUNKS * chunkRows;
        return (int) Math.min(Math.max(MOST_SEGMENT_ROWS, fewest), Math.max(fewest, tableRows / SEGMENTS));
    }
}
