package dev.shoofly.backfill;

import dev.shoofly.database.control.Segment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Hands open segments to this process's workers, each to one of them. Thread-safe. */
final class SegmentClaims {
    private static final int PAUSE_MILLIS = 50;
    private final Segments segments;
    private final List<Integer> held = new ArrayList<>();

    SegmentClaims(Segments segments) {
        this.segments = segments;
    }

    /**
     * The next segment to copy. Waits while the only open ones are locked by somebody else for a moment.
     *
     * @return empty when every segment is done or held by another worker of this process
     */
    Optional<Segment> next() throws InterruptedException {
        while (true) {
            synchronized (this) {
                // One at a time: a claim locks all open rows, and a claim beside it would skip them and see none.
                Optional<Segment> claimed = segments.claim(List.copyOf(held));
                if (claimed.isPresent()) {
                    held.add(claimed.get().number());
                    return claimed;
                }
                if (nothingLeft()) {
                    return Optional.empty();
                }
            }
            Thread.sleep(PAUSE_MILLIS);
        }
    }

    private boolean nothingLeft() {
        return segments.list().stream().allMatch(segment -> segment.done() || held.contains(segment.number()));
    }
}
