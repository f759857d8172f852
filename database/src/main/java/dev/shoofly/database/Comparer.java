package dev.shoofly.database;

import dev.shoofly.model.KeyRange;
import dev.shoofly.model.RowKey;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The double read. Every method reads both sides in one read view and takes no row locks. Any thread. */
public interface Comparer {
    /** Most characters of a value that {@link #differences} hands out. */
    int LONGEST_VALUE = 2_000;

    /** The key of the last of the next {@code rows} source rows; empty when fewer remain. */
    Optional<RowKey> chunkEnd(@Nullable RowKey lowerExclusive, int rows);

    /** Compares row counts and checksums, computed inside the database over the projection. */
    ChunkComparison compare(KeyRange range);

    /** Keys in the range whose rows differ, in key order. */
    List<RowKey> differingKeys(KeyRange range, int most);

    /** Those of these keys that the source has a row of, each as the source spells it. */
    List<RowKey> sourceKeys(List<RowKey> among);

    /** Which of these keys differ now, and how. A key absent on both sides does not differ. */
    default List<RowDifference> differences(List<RowKey> keys) {
        return differences(keys, Values.LEFT_OUT);
    }

    /** As above, in the same read view with the values that differ. */
    List<RowDifference> differences(List<RowKey> keys, Values values);

    /** What a person runs to see the row for themselves: each statement shows the same columns of one side. */
    Reproduction reproduce(RowDifference difference);

    /** Where the source server's log ends now, as its own tools spell it; empty when it does not tell. */
    String logPosition();

    record ChunkComparison(long sourceRows, long shadowRows, boolean equal) {}

    /**
     * How one row differs.
     *
     * @param columns shadow's names of the differing columns; empty unless kind is DIFFERS
     * @param values by the shadow's names: of the differing columns, or of all of a row that one side alone has; empty when
     *     they were not asked for
     */
    record RowDifference(RowKey key, Kind kind, List<String> columns, Map<String, Sides> values) {
        public RowDifference(RowKey key, Kind kind, List<String> columns) {
            this(key, kind, columns, Map.of());
        }
    }

    /**
     * One column's value on both sides, as text, binary in hexadecimal; no longer than {@link #LONGEST_VALUE}. Null is NULL,
     * or the side has no such row.
     *
     * @param source what the projection makes of the source's row
     */
    record Sides(@Nullable String source, @Nullable String shadow) {}

    /** Whether values are to be read as well as compared. */
    enum Values {
        LEFT_OUT,
        READ
    }

    record Reproduction(String source, String shadow) {}

    /** How the shadow's row differs. */
    enum Kind {
        MISSING,
        EXTRA,
        DIFFERS
    }
}
