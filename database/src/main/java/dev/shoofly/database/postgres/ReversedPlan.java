package dev.shoofly.database.postgres;

import dev.shoofly.model.ColumnMapping;
import dev.shoofly.model.KeyDefinition;
import dev.shoofly.model.Projection;
import dev.shoofly.model.RollbackFeasibility;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A migration's plan read backwards.
 *
 * @param source the new table
 * @param target the old one
 * @param alwaysIdentity columns of the old one that take no value but the server's own
 * @param kept columns of the old one that nothing of the new one goes to, and that a row must not lose when it is deleted
 *     only to be written again: to make room for a unique value, or because it does not fit for a time
 */
record ReversedPlan(
        TableFacts source,
        TableFacts target,
        Projection projection,
        KeyDefinition key,
        List<String> alwaysIdentity,
        List<String> kept,
        RollbackFeasibility feasibility) {

    /** The old table's name of a column of the new one; null: it has none. */
    @Nullable
    String targetColumn(String sourceColumn) {
        return projection.columns().stream()
                .filter(mapping -> sourceColumn.equals(mapping.sourceColumn()) && !mapping.computed())
                .map(ColumnMapping::shadowColumn)
                .findFirst()
                .orElse(null);
    }
}
