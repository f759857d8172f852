package dev.shoofly.database.mysql;

import dev.shoofly.database.Comparer.Kind;
import dev.shoofly.database.Comparer.Reproduction;
import dev.shoofly.database.Comparer.RowDifference;
import dev.shoofly.model.ColumnMapping;
import dev.shoofly.model.KeyType;
import dev.shoofly.model.RowKey;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;

/** Statements for people, with the key as a literal: they are read and copied, never run by us. */
final class RowQueries {
    private RowQueries() {}

    static Reproduction of(MigrationSql sql, RowDifference difference) {
        List<ColumnMapping> shown = sql.plan().projection().columns().stream()
                .filter(column -> difference.kind() != Kind.DIFFERS
                        || difference.columns().contains(column.shadowColumn()))
                .toList();
        String source = shown.stream()
                .map(column -> column.expression() + " AS " + MySqlNames.quote(column.shadowColumn()))
                .collect(Collectors.joining(", "));
        String shadow = shown.stream()
                .map(column -> MySqlNames.quote(column.shadowColumn()))
                .collect(Collectors.joining(", "));
        return new Reproduction(
                "SELECT " + source + " FROM " + sql.source() + " WHERE " + condition(sql.sourceKey(), difference.key()),
                "SELECT " + shadow + " FROM " + sql.shadow() + " WHERE "
                        + condition(sql.shadowKey(), difference.key()));
    }

    private static String condition(KeySide side, RowKey key) {
        List<String> parts = new ArrayList<>();
        for (int i = 0; i < side.parts().size(); i++) {
            KeyPart part = side.parts().get(i);
            parts.add(part.column() + " = " + literal(part.type(), key.values().get(i)));
        }
        return String.join(" AND ", parts);
    }

    /** What a backslash means depends on the reader's sql_mode; in hexadecimal there is none. */
    private static String text(String text) {
        return text.contains("\\")
                ? "_utf8mb4 x'" + HexFormat.of().formatHex(text.getBytes(StandardCharsets.UTF_8)) + "'"
                : "'" + text.replace("'", "''") + "'";
    }

    private static String literal(KeyType type, String text) {
        return switch (type) {
            case INTEGER, DECIMAL -> text;
            case BINARY -> "x'" + text + "'";
            case DATE, TIME, DATETIME, TIMESTAMP_UTC, TEXT, ENUM, UUID, BOOLEAN -> text(text);
        };
    }
}
