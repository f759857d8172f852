package dev.shoofly.database.postgres;

import dev.shoofly.model.KeyColumn;
import dev.shoofly.model.KeyDefinition;
import dev.shoofly.model.Projection;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Which unique indexes of the shadow demand nothing that the source does not demand of the same values. */
final class UniquenessCarriedOver {
    private static final String COLUMN =
            "(?:\"(?:[^\"]|\"\")+\"|[a-z_][a-z0-9_$]*)(?: DESC)?(?: NULLS (?:FIRST|LAST))?";
    /** Columns as they are: no collation or operator class of the index's own. */
    private static final Pattern PLAIN = Pattern.compile("USING btree \\(" + COLUMN + "(?:, " + COLUMN + ")*\\).*");

    private final TableFacts source;
    private final TableFacts shadow;
    private final Projection projection;
    private final Set<String> keyColumns;

    /** @param key by which every writer finds its rows; its index is never told to be carried over */
    UniquenessCarriedOver(TableFacts source, TableFacts shadow, Projection projection, KeyDefinition key) {
        this.source = source;
        this.shadow = shadow;
        this.projection = projection;
        this.keyColumns = key.columns().stream().map(KeyColumn::shadowName).collect(Collectors.toSet());
    }

    TableFacts shadow() {
        return shadow;
    }

    boolean holdsFor(TableFacts.Index index) {
        if (!index.unique()
                || !(index.constraint().isEmpty() || index.constraint().equals("u"))
                || index.deferrable()
                || index.partial()
                || index.hasExpression()
                || index.replicaIdentity()
                || !PLAIN.matcher(index.tail()).matches()
                || index.tail().contains("NULLS NOT DISTINCT")
                || keyColumns.equals(Set.copyOf(names(shadow, index)))) {
            return false;
        }
        Set<Integer> origins = projection.copiedInto(names(shadow, index), PostgresNames::quote).stream()
                .map(name -> source.column(name).orElseThrow().number())
                .collect(Collectors.toSet());
        return source.indexes().stream()
                .anyMatch(unique -> unique.unique()
                        && unique.valid()
                        && !unique.partial()
                        && !unique.hasExpression()
                        && !unique.constraint().equals("x")
                        && PLAIN.matcher(unique.tail()).matches()
                        && origins.containsAll(unique.columns()));
    }

    /** Whether it is the primary key that every writer finds its rows by, and nothing else in the shadow may do so. */
    boolean isSortedKey(TableFacts.Index index) {
        return index.isPrimaryKey()
                && index.valid()
                && !index.deferrable()
                && !index.replicaIdentity()
                && PLAIN.matcher(index.tail()).matches()
                && keyColumns.equals(Set.copyOf(names(shadow, index)));
    }

    static List<String> names(TableFacts table, TableFacts.Index index) {
        return index.columns().stream()
                .map(number -> table.column(number).orElseThrow().name())
                .toList();
    }
}
