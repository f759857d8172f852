package dev.shoofly.backfill;

import dev.shoofly.model.RowKey;
import java.util.List;

/** Finds the keys at which the key space is cut. */
@FunctionalInterface
public interface SegmentStrategy {
    /** Never cuts. */
    SegmentStrategy ONE_SEGMENT = (highest, segments) -> List.of();

    /**
     * Finds the cuts; reads the source, briefly.
     *
     * @param highest the last key that is copied
     * @param segments how many parts are wanted
     * @return at most {@code segments - 1} keys, each lower than {@code highest}, in the order of the source's index,
     *     without duplicates: each ends a segment
     */
    List<RowKey> cuts(RowKey highest, int segments);
}
