package dev.shoofly.verifier;

import dev.shoofly.database.Comparer.Kind;
import dev.shoofly.database.Comparer.RowDifference;
import dev.shoofly.model.RowKey;
import java.util.List;

/**
 * The verdict on a row that was seen to differ.
 *
 * @param attempts re-checks until it was certain
 */
public record Mismatch(
        RowDifference row, int attempts, Classification classification, RepairState repair, Evidence evidence) {

    public RowKey key() {
        return row.key();
    }

    public Kind kind() {
        return row.kind();
    }

    /** The shadow's names of the differing columns; empty unless the kind is DIFFERS. */
    public List<String> columns() {
        return row.columns();
    }

    /** Whether it still stands against the swap. */
    public boolean isOpen() {
        return switch (classification) {
            case STABLE, TRANSFORM_LOSS -> true;
            case IN_FLIGHT, LAG, REPAIRED -> false;
        };
    }
}
