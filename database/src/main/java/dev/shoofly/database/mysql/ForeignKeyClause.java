package dev.shoofly.database.mysql;

import dev.shoofly.model.TableName;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * An ALTER that does nothing but add or drop one foreign key. An empty table cannot show it: names of foreign keys belong to
 * the schema, and the parent would be locked.
 *
 * @param drops whether it drops it
 * @param name the constraint's; empty: not given
 * @param columns of the child; empty when it drops it
 * @param parentColumns likewise
 */
record ForeignKeyClause(
        boolean drops, String name, List<String> columns, TableName parent, List<String> parentColumns) {
    ForeignKeyClause {
        columns = List.copyOf(columns);
        parentColumns = List.copyOf(parentColumns);
    }

    /** Some rows of the child whose parent is missing. A value that is partly NULL points nowhere. */
    String orphans(TableName child) {
        String join = IntStream.range(0, columns.size())
                .mapToObj(
                        i -> "p." + MySqlNames.quote(parentColumns.get(i)) + " = c." + MySqlNames.quote(columns.get(i)))
                .collect(Collectors.joining(" AND "));
        String present = columns.stream()
                .map(column -> "c." + MySqlNames.quote(column) + " IS NOT NULL")
                .collect(Collectors.joining(" AND "));
        String values =
                columns.stream().map(column -> "c." + MySqlNames.quote(column)).collect(Collectors.joining(", ', ', "));
        return "SELECT CONCAT(" + values + ") FROM " + MySqlNames.quote(child) + " AS c WHERE " + present
                + " AND NOT EXISTS (SELECT 1 FROM " + MySqlNames.quote(parent) + " AS p WHERE " + join + ") LIMIT 10";
    }
}
