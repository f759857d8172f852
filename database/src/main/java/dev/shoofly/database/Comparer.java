package dev.shoofly.database;

import dev.shoofly.model.KeyRange;
import dev.shoofly.model.RowKey;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The double read. Every method reads both sides in one read view and takes no row locks. Any thread. */
public interface Comparer {

    /** The key of the last of the next {@code rows} source rows; empty when fewer remain. */
    Optional<RowKey> chunkEnd(@Nullable RowKey lowerExclusive, int rows);

    /** Compares row counts and checksums, computed inside the database over the projection. */
    ChunkComparison compare(KeyRange range);

    /** Keys in the range whose rows differ, in key order. */
    List<RowKey> differingKeys(KeyRange range, int most);

    /** Which of these keys differ now, and how. A key absent on both sides does not differ. */
    List<RowDifference> differences(List<RowKey> keys);

    record ChunkComparison(long sourceRows, long shadowRows, boolean equal) {}

    /** @param columns shadow's names of the differing columns; empty unless kind is DIFFERS */
    record RowDifference(RowKey key, Kind kind, List<String> columns) {}

    /** How the shadow's row differs. */
    enum Kind {
        MISSING,
        EXTRA,
        DIFFERS
    }
}
