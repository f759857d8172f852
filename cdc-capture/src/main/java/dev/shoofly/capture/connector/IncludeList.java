package dev.shoofly.capture.connector;

import dev.shoofly.model.TableName;
import java.util.Collection;
import java.util.stream.Collectors;

/** Debezium's include lists are comma-separated regular expressions; these name things literally. */
final class IncludeList {
    private IncludeList() {}

    static String ofNames(Collection<String> names) {
        return names.stream().map(IncludeList::literal).collect(Collectors.joining(","));
    }

    static String ofTables(Collection<TableName> tables) {
        return tables.stream().map(IncludeList::literal).collect(Collectors.joining(","));
    }

    static String ofColumns(Collection<TableName> tables, Collection<String> columns) {
        return tables.stream()
                .flatMap(table -> columns.stream().map(column -> literal(table) + "\\." + literal(column)))
                .collect(Collectors.joining(","));
    }

    private static String literal(TableName table) {
        return literal(table.schema()) + "\\." + literal(table.table());
    }

    /** By code point, not by Pattern.quote: the list is split at commas before it is compiled. */
    private static String literal(String name) {
        StringBuilder pattern = new StringBuilder();
        name.codePoints().forEach(c -> {
            boolean plain = c < 128 && Character.isLetterOrDigit(c) || c == '_';
            pattern.append(plain ? Character.toString(c) : "\\x{" + Integer.toHexString(c) + "}");
        });
        return pattern.toString();
    }
}
