package dev.shoofly.database.control;

/**
 * How far one partition of the changes topic is applied.
 *
 * @param epoch of the applier task that owns the partition
 * @param nextOffset first record that is not applied
 * @param marker greatest marker passed
 * @param swapMarker the last swap's, 0 before the first: a key that stands before it in the log is in both tables, and the
 *     old one may hold more of its row than a conversion would bring back
 */
public record Progress(int partition, long epoch, long nextOffset, long marker, long keysApplied, long swapMarker) {
    /** The same, with nothing left before this offset and this marker. */
    public Progress movedTo(long offset, long passed) {
        return new Progress(
                partition, epoch, Math.max(nextOffset, offset), Math.max(marker, passed), keysApplied, swapMarker);
    }
}
