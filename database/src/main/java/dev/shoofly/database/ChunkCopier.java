package dev.shoofly.database;

import dev.shoofly.database.control.Segment;
import dev.shoofly.model.KeyRange;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** copy(range) with its sweep. Takes no lock on the source's rows. One caller per segment. */
public interface ChunkCopier {

    /** The greatest key in the source now; empty for an empty table. */
    Optional<RowKey> highestKey();

    /**
     * Where a chunk of about {@code rows} rows ends.
     *
     * @param lowerExclusive null: from the table's start
     * @param limitInclusive end of the segment
     * @return the key of its last row, or {@code limitInclusive} when no more rows follow
     */
    RowKey chunkEnd(@Nullable RowKey lowerExclusive, RowKey limitInclusive, int rows);

    /** How many rows of the range the server believes the source to have, reading none of them; -1: it can but guess. */
    long estimateRows(KeyRange range);

    /**
     * Copies the rows of the range that the shadow lacks and commits; then, in a second transaction, looks for shadow
     * rows of the range without a source row (deleted between the copy's read and its commit), hands their keys to {@code
     * dirtyKeys}, and checkpoints the segment at the range's end. Both transactions first lock the segment's row at the
     * claim's epoch. Lock conflicts and transient unique conflicts are retried inside, and keys that still conflict go to
     * {@code dirtyKeys}.
     *
     * @param last whether the segment is done with this chunk
     * @param dirtyKeys publishes keys to the changes topic and returns when they are durable there
     * @throws ShooflyException SUPERSEDED when the segment has a newer epoch; DATA when a value does not fit: names the
     *     column and the first offending key; TRANSIENT otherwise retryable
     */
    ChunkResult copy(Segment segment, KeyRange chunk, boolean last, DirtyKeys dirtyKeys);

    /**
     * @param rows inserted into the shadow
     * @param sweptKeys handed over because their source row is gone
     * @param deferredKeys handed over because of unique conflicts
     * @param retries rolled-back attempts
     * @param contention what the rolled-back attempts had met
     */
    record ChunkResult(long rows, int sweptKeys, int deferredKeys, int retries, Contention contention) {
        /** Of a chunk that met nothing. */
        public ChunkResult(long rows, int sweptKeys, int deferredKeys, int retries) {
            this(rows, sweptKeys, deferredKeys, retries, Contention.NONE);
        }
    }
}
