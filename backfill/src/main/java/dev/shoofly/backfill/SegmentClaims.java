package dev.shoofly.backfill;

import dev.shoofly.database.ChunkCopier;
import dev.shoofly.database.control.Segment;
import dev.shoofly.database.throttle.PauseGate;
import dev.shoofly.model.KeyRange;
import dev.shoofly.model.RowKey;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * Hands segments to this process's workers, each to one of them, and cuts them as they are wanted. A cut is found by
 * walking so many entries along the key's index, so segments are even whatever the key's type and however its values are
 * spread; nothing rests on statistics. Rows beyond the end of the last segment come by capture alone. Thread-safe.
 */
final class SegmentClaims {
    private static final int PAUSE_MILLIS = 100;
    private final Segments segments;
    private final ChunkCopier copier;
    private final PauseGate gate;
    private final int segmentRows;

    SegmentClaims(Segments segments, ChunkCopier copier, PauseGate gate, int segmentRows) {
        this.gate = gate;
        this.segments = segments;
        this.copier = copier;
        this.segmentRows = segmentRows;
    }

    /**
     * The next segment to copy. Waits while the only open ones are claimed by others, in this process or elsewhere, who
     * may give them back.
     *
     * @param wanted whether the caller still wants one
     * @return empty when every segment is done, or none is wanted any more
     */
    Optional<Segment> next(BooleanSupplier wanted) throws InterruptedException {
        while (wanted.getAsBoolean()) {
            // Before each look: a pause leaves the server alone, also those who only wait for a segment.
            gate.await();
            Optional<Segment> claimed = claim();
            if (claimed.isPresent() || isAllDone()) {
                return claimed;
            }
            Thread.sleep(PAUSE_MILLIS);
        }
        return Optional.empty();
    }

    boolean isAllDone() {
        return segments.isAllDone();
    }

    /** One at a time: beside a claim that is cutting the rest, another would find nothing free. */
    private synchronized Optional<Segment> claim() {
        return segments.claim(this::cut);
    }

    private Optional<RowKey> cut(KeyRange rest) {
        RowKey limit = Objects.requireNonNull(rest.upperInclusive(), "a segment has an end");
        RowKey end = copier.chunkEnd(rest.lowerExclusive(), limit, segmentRows);
        return end.equals(limit) ? Optional.empty() : Optional.of(end);
    }
}
