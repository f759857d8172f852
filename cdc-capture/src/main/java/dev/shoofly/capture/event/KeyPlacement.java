package dev.shoofly.capture.event;

import dev.shoofly.model.ChangeRecord;
import dev.shoofly.model.ChangeRecord.DirtyKey;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Tells each key behind which marker it stands in the log. A capture that begins anew hands out again what it had handed out
 * before, and in the topic that looks like a change of now; by its place whoever swapped the tables in between knows it for
 * one that the swap has reconciled.
 *
 * <p>What comes before the first marker is kept back until that tells its place: numbers rise by commit order, so the last
 * marker before it is an earlier one than this. As long as {@link #isHolding}, the saved position must not move.
 */
final class KeyPlacement {
    /**
     * Of more the place stays unknown up to the first marker. Markers come several times a second while a migration works, and
     * more keys than that come without one after a pause, or of one transaction: whether a swap has reconciled them is asked
     * of the last second before it only.
     */
    static final int MOST_KEYS = 50_000;

    private final int mostKeys;
    private final List<DirtyKey> held = new ArrayList<>();
    private long last = DirtyKey.UNKNOWN;
    private boolean full;

    KeyPlacement(int mostKeys) {
        this.mostKeys = mostKeys;
    }

    boolean isHolding() {
        return !held.isEmpty();
    }

    /**
     * @param change in the log's order
     * @param into receives the changes in the same order, some of them later
     */
    void place(ChangeRecord change, Consumer<ChangeRecord> into) {
        if (change instanceof ChangeRecord.Marker marker) {
            // The first one has the number 1.
            release(Math.max(0, marker.number() - 1), into);
            last = marker.number();
            into.accept(marker);
        } else if (change instanceof DirtyKey dirty && last == DirtyKey.UNKNOWN && !full) {
            held.add(dirty);
            full = held.size() >= mostKeys;
            if (full) {
                release(DirtyKey.UNKNOWN, into);
            }
        } else if (change instanceof DirtyKey dirty) {
            into.accept(dirty.placedAfter(last));
        }
    }

    private void release(long after, Consumer<ChangeRecord> into) {
        held.forEach(dirty -> into.accept(dirty.placedAfter(after)));
        held.clear();
    }
}
