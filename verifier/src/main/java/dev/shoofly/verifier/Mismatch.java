package dev.shoofly.verifier;

import dev.shoofly.database.Comparer.Kind;
import dev.shoofly.model.RowKey;
import java.util.List;

/**
 * A row that certainly differs and that no change on its way will put right.
 *
 * @param columns the shadow's names of the differing columns; empty unless the kind is DIFFERS
 * @param attempts re-checks until it was certain
 */
public record Mismatch(RowKey key, Kind kind, List<String> columns, int attempts) {
    public Mismatch {
        columns = List.copyOf(columns);
    }
}
