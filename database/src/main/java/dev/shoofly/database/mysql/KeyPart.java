package dev.shoofly.database.mysql;

import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.KeyType;
import dev.shoofly.model.ShooflyException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;

/**
 * One key column on one side: how its canonical text becomes a value of the column's own type in a statement, and back.
 *
 * @param column quoted name
 * @param placeholder what stands for a value; constant for the server, so that the index is used
 * @param labels of an ENUM in index order; else empty
 */
record KeyPart(String column, KeyType type, String placeholder, List<String> labels) {

    /** @param declared as {@link MySqlColumn#declared} spells it */
    static KeyPart of(String name, KeyType type, String declared) {
        return new KeyPart(
                MySqlNames.quote(name),
                type,
                placeholder(type, declared),
                type == KeyType.ENUM ? EnumLabels.of(declared) : List.of());
    }

    private static String placeholder(KeyType type, String declared) {
        return switch (type) {
            case INTEGER -> "?";
            // As a cast: the driver would spell a small decimal with an exponent, and that is a DOUBLE to the server.
            case DECIMAL -> "CAST(? AS " + declared.toUpperCase(Locale.ROOT).replaceAll("\\).*", ")") + ")";
            // BINARY(n) is padded with zero bytes, and zero bytes count in comparisons.
            case BINARY -> declared.startsWith("binary(") ? "CAST(? AS " + declared + ")" : "?";
            case DATE -> "CAST(? AS DATE)";
            case TIME -> "CAST(? AS TIME(6))";
            // Without the cast, row constructors compare date-times as texts: '.25' and '.250' would differ.
            case DATETIME, TIMESTAMP_UTC -> "CAST(? AS DATETIME(6))";
            case TEXT, ENUM -> text(declared);
            case UUID, BOOLEAN -> throw new IllegalArgumentException("MySQL has no type " + type);
        };
    }

    /** A literal of a foreign charset or collation compares by other rules than the index and scans it. */
    private static String text(String declared) {
        String charset = word(declared, MySqlColumn.CHARSET);
        String collation = word(declared, MySqlColumn.COLLATE);
        String value = charset.equals("utf8mb4") ? "?" : "CONVERT(? USING " + charset + ")";
        return value + " COLLATE " + collation;
    }

    private static String word(String declared, String keyword) {
        int at = declared.lastIndexOf(keyword);
        if (at < 0) {
            throw new IllegalArgumentException("no" + keyword + "in '" + declared + "'");
        }
        return declared.substring(at + keyword.length()).split(" ", 2)[0];
    }

    Object value(String text) {
        return switch (type) {
            case INTEGER -> integer(text);
            case BINARY -> HexFormat.of().parseHex(text);
            case DECIMAL, TEXT, ENUM, DATE, TIME, DATETIME, TIMESTAMP_UTC, UUID, BOOLEAN -> text;
        };
    }

    private static Object integer(String text) {
        BigInteger value = new BigInteger(text);
        return value.bitLength() < Long.SIZE ? (Object) value.longValueExact() : new BigDecimal(value);
    }

    /** A select item that yields the value as text, before {@code KeyText.canonical}. */
    String asText(String qualifier) {
        return switch (type) {
            case BINARY -> "HEX(" + qualifier + column + ")";
            // The server converts, not the driver: both directions then agree on every character.
            case TEXT, ENUM -> "CONVERT(" + qualifier + column + " USING utf8mb4)";
            case INTEGER, DECIMAL, DATE, TIME, DATETIME, TIMESTAMP_UTC, UUID, BOOLEAN ->
                "CAST(" + qualifier + column + " AS CHAR)";
        };
    }

    /** {@code column <operator> value}, with {@code >, >=, <, <=} or {@code =}. */
    void compare(SqlText sql, String qualifier, String operator, String text) {
        if (type == KeyType.ENUM && !operator.equals("=")) {
            compareLabels(sql, qualifier, operator, text);
        } else {
            sql.add(qualifier).add(column).add(" ").add(operator).add(" ").bind(placeholder, value(text));
        }
    }

    /** The server compares labels as texts but orders them by position, and uses the index for equality only. */
    private void compareLabels(SqlText sql, String qualifier, String operator, String text) {
        int at = labels.indexOf(text);
        if (at < 0) {
            throw new ShooflyException(ErrorKind.DATA, "'" + text + "' is no label of the key column " + column);
        }
        int from = operator.equals(">") ? at + 1 : operator.equals(">=") ? at : 0;
        int to = operator.equals("<") ? at : operator.equals("<=") ? at + 1 : labels.size();
        if (from >= to) {
            sql.add("FALSE");
            return;
        }
        sql.add(qualifier).add(column).add(" IN (");
        for (int i = from; i < to; i++) {
            sql.add(i == from ? "" : ", ").bind(placeholder, labels.get(i));
        }
        sql.add(")");
    }
}
