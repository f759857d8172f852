package dev.shoofly.applier;

import dev.shoofly.model.ChangeRecord;
import dev.shoofly.model.RowKey;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Decides how far the next batch reaches.
 *
 * <p>Where transactions cannot be awaited by name, a batch ends with the last marker at hand, which the reconcile waits
 * for. Waiting for a marker must not become a deadlock: the marker may stand behind a transaction of a million rows that
 * no bounded buffer holds, or Streams may want to commit and so reads no further. In these cases ({@link Urgency#NOW}, or
 * the key limit reached without a marker) the batch ends anywhere, and the writer commits a marker of its own first: it
 * stands after every change of the batch in the log, so that its return proves them visible just as well.
 *
 * @param mostKeys most distinct keys in a batch
 * @param waitsByTransaction see {@code Reconciler.waitsByTransaction}
 * @param swapMarker keys before it are passed over: they are what a capture that began anew has repeated, and written once
 *     more a row would be converted back and lose what the conversion leaves out. See {@code Progress.swapMarker}
 */
record BatchRule(int mostKeys, boolean waitsByTransaction, long swapMarker) {

    /** Whether a batch may wait for its marker. */
    enum Urgency {
        CAN_WAIT,
        NOW
    }

    /** @param waiting in offset order, without gaps */
    Optional<Cut> cut(Collection<Change> waiting, Urgency urgency) {
        Extent extent = extent(waiting);
        if (extent.records == 0) {
            return Optional.empty();
        }
        if (waitsByTransaction) {
            return Optional.of(gather(waiting, extent.records, false));
        }
        if (extent.throughLastMarker > 0) {
            return Optional.of(gather(waiting, extent.throughLastMarker, false));
        }
        if (urgency == Urgency.NOW || extent.records < waiting.size()) {
            return Optional.of(gather(waiting, extent.records, true));
        }
        return Optional.empty();
    }

    /**
     * @param records how many fit
     * @param throughLastMarker how many up to and with the last marker among them; 0: no marker
     */
    private record Extent(int records, int throughLastMarker) {}

    private Extent extent(Collection<Change> waiting) {
        Set<RowKey> keys = new HashSet<>();
        int records = 0;
        int throughLastMarker = 0;
        for (Change change : waiting) {
            ChangeRecord.DirtyKey dirty = change.dirtySince(swapMarker);
            if (dirty != null && !keys.contains(dirty.key()) && keys.size() == mostKeys) {
                break;
            }
            records++;
            if (dirty != null) {
                keys.add(dirty.key());
            } else if (change.isMarker()) {
                throughLastMarker = records;
            }
        }
        return new Extent(records, throughLastMarker);
    }

    private Cut gather(Collection<Change> waiting, int records, boolean barrier) {
        Set<RowKey> keys = new LinkedHashSet<>();
        Set<String> transactions = new LinkedHashSet<>();
        long marker = 0;
        long oldest = 0;
        long newest = 0;
        long nextOffset = 0;
        int taken = 0;
        for (Change change : waiting) {
            if (taken++ == records) {
                break;
            }
            ChangeRecord.DirtyKey dirty = change.dirtySince(swapMarker);
            if (dirty != null) {
                keys.add(dirty.key());
                if (!dirty.transaction().isEmpty()) {
                    transactions.add(dirty.transaction());
                }
            } else if (change.content() instanceof ChangeRecord.Marker at) {
                marker = Math.max(marker, at.number());
            }
            long micros = change.commitMicros();
            oldest = oldest == 0 ? micros : oldest;
            newest = micros == 0 ? newest : micros;
            nextOffset = change.offset() + 1;
        }
        return new Cut(records, List.copyOf(keys), transactions, nextOffset, marker, barrier, oldest, newest);
    }
}
