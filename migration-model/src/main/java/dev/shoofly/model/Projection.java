package dev.shoofly.model;

import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/**
 * The one text that turns a source row into a shadow row; backfill, applier, verifier and repair all use it, so they
 * cannot disagree. Columns that the shadow fills itself (generated, new with a default) are not listed.
 *
 * @param columns in the shadow's order
 * @param dropped source columns that have no place in the shadow
 * @param added shadow columns that are filled by their default
 */
public record Projection(List<ColumnMapping> columns, List<String> dropped, List<String> added) {
    public Projection {
        columns = List.copyOf(columns);
        dropped = List.copyOf(dropped);
        added = List.copyOf(added);
    }

    /** With some of the columns alone. */
    public Projection only(Predicate<ColumnMapping> wanted) {
        return new Projection(columns.stream().filter(wanted).toList(), dropped, added);
    }

    /**
     * Source columns whose values stand in some of these columns of the shadow as they are.
     *
     * @param quote how the dialect spells a column that stands alone in an expression
     */
    public Set<String> copiedInto(Collection<String> shadowColumns, UnaryOperator<String> quote) {
        Set<String> found = new HashSet<>();
        for (ColumnMapping mapping : columns) {
            String from = mapping.sourceColumn();
            if (from != null
                    && !mapping.retyped()
                    && mapping.expression().equals(quote.apply(from))
                    && shadowColumns.contains(mapping.shadowColumn())) {
                found.add(from);
            }
        }
        return found;
    }
}
