package dev.shoofly.database.mysql;

import dev.shoofly.model.KeyColumn;
import dev.shoofly.model.KeyDefinition;
import dev.shoofly.model.KeyRange;
import dev.shoofly.model.KeyText;
import dev.shoofly.model.RowKey;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The shared key as one side spells it: predicates, select items and order. A qualifier is empty or ends with a dot.
 *
 * @param index quoted name of the unique index
 */
record KeySide(String index, List<KeyPart> parts) {
    KeySide {
        parts = List.copyOf(parts);
    }

    static KeySide source(KeyDefinition key) {
        List<KeyPart> parts = new ArrayList<>();
        for (KeyColumn column : key.columns()) {
            parts.add(KeyPart.of(column.sourceName(), column.type(), column.sourceType()));
        }
        return new KeySide(MySqlNames.quote(key.sourceIndex()), parts);
    }

    static KeySide shadow(KeyDefinition key, String shadowIndex) {
        List<KeyPart> parts = new ArrayList<>();
        for (KeyColumn column : key.columns()) {
            parts.add(KeyPart.of(column.shadowName(), column.type(), column.shadowType()));
        }
        return new KeySide(MySqlNames.quote(shadowIndex), parts);
    }

    /** {@code FORCE INDEX}: statistics of a table that is being filled mislead the optimizer into scans. */
    String forced() {
        return " FORCE INDEX (" + index + ")";
    }

    SqlText in(String qualifier, List<RowKey> keys) {
        SqlText sql = new SqlText();
        if (keys.isEmpty()) {
            return sql.add("FALSE");
        }
        boolean single = parts.size() == 1;
        sql.add(single ? columns(qualifier) : "(" + columns(qualifier) + ")").add(" IN (");
        for (int i = 0; i < keys.size(); i++) {
            sql.add(i == 0 ? "" : ",").add(single ? "" : "(");
            for (int p = 0; p < parts.size(); p++) {
                KeyPart part = parts.get(p);
                sql.add(p == 0 ? "" : ",")
                        .bind(
                                part.placeholder(),
                                part.value(keys.get(i).values().get(p)));
            }
            sql.add(single ? "" : ")");
        }
        return sql.add(")");
    }

    SqlText range(String qualifier, KeyRange range) {
        SqlText sql = new SqlText();
        RowKey lower = range.lowerExclusive();
        RowKey upper = range.upperInclusive();
        if (lower != null) {
            bound(sql, qualifier, lower, 0, ">", false);
        }
        if (upper != null) {
            sql.add(lower == null ? "" : " AND ");
            bound(sql, qualifier, upper, 0, "<", true);
        }
        return lower == null && upper == null ? sql.add("TRUE") : sql;
    }

    /** {@code a >= ? AND (a > ? OR (a = ? AND b > ?))}: the outer half is what the range optimizer can use. */
    private void bound(SqlText sql, String qualifier, RowKey key, int at, String operator, boolean inclusive) {
        KeyPart part = parts.get(at);
        String text = key.values().get(at);
        if (at == parts.size() - 1) {
            part.compare(sql, qualifier, inclusive ? operator + "=" : operator, text);
            return;
        }
        part.compare(sql, qualifier, operator + "=", text);
        sql.add(" AND (");
        part.compare(sql, qualifier, operator, text);
        sql.add(" OR (");
        part.compare(sql, qualifier, "=", text);
        sql.add(" AND ");
        bound(sql, qualifier, key, at + 1, operator, inclusive);
        sql.add("))");
    }

    /** {@code a.k1 = b.k1 AND a.k2 = b.k2}. */
    String joins(String qualifier, KeySide other, String otherQualifier) {
        List<String> equal = new ArrayList<>();
        for (int i = 0; i < parts.size(); i++) {
            equal.add(qualifier + parts.get(i).column() + " = " + otherQualifier
                    + other.parts.get(i).column());
        }
        return String.join(" AND ", equal);
    }

    String columns(String qualifier) {
        return parts.stream().map(part -> qualifier + part.column()).collect(Collectors.joining(", "));
    }

    String descending() {
        return parts.stream().map(part -> part.column() + " DESC").collect(Collectors.joining(", "));
    }

    /** Select items for {@link #read}. */
    String texts(String qualifier) {
        return parts.stream().map(part -> part.asText(qualifier)).collect(Collectors.joining(", "));
    }

    /** One text for messages, as a select item. */
    String label(String qualifier) {
        return "CONCAT_WS(', ', " + texts(qualifier) + ")";
    }

    /** Reads a key from the row's first columns. */
    RowKey read(ResultSet row) throws SQLException {
        return read(row, 1);
    }

    /** @param first column of the row, from 1 */
    RowKey read(ResultSet row, int first) throws SQLException {
        List<String> values = new ArrayList<>(parts.size());
        for (int i = 0; i < parts.size(); i++) {
            values.add(KeyText.canonical(parts.get(i).type(), row.getString(first + i)));
        }
        return new RowKey(values);
    }
}
