package dev.shoofly.backfill;

import dev.shoofly.database.ChunkCopier;
import dev.shoofly.model.KeyRange;
import dev.shoofly.model.RowKey;
import java.util.ArrayList;
import java.util.List;

/**
 * Splits the rows that exist now into segments. Rows beyond the highest key of this moment come by capture alone, so the
 * copy ends under any insert load; the capture must therefore run before this is asked.
 */
public final class SegmentPlanner {
    private final ChunkCopier copier;
    private final SegmentStrategy strategy;

    public SegmentPlanner(ChunkCopier copier, SegmentStrategy strategy) {
        this.copier = copier;
        this.strategy = strategy;
    }

    /** Cuts the rows that exist now.
     * @return ranges that cover every row of the source without overlap, in key order; none for an empty table
     */
    public List<KeyRange> plan(int segments) {
        return copier.highestKey().map(highest -> split(highest, segments)).orElse(List.of());
    }

    private List<KeyRange> split(RowKey highest, int segments) {
        List<KeyRange> ranges = new ArrayList<>();
        RowKey lower = null;
        for (RowKey cut : strategy.cuts(highest, segments)) {
            ranges.add(new KeyRange(lower, cut));
            lower = cut;
        }
        ranges.add(new KeyRange(lower, highest));
        return ranges;
    }
}
