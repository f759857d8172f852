package dev.shoofly.model;

import java.util.List;

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
}
