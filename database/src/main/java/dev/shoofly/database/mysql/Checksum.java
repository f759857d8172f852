package dev.shoofly.database.mysql;

import java.util.List;

/** Expressions that turn values and rows into bytes that are equal exactly when the values are. */
final class Checksum {
    private Checksum() {}

    /** The exact bytes of a value: no collation, no rounding. */
    static String bytes(String value, String columnType) {
        return switch (type(columnType)) {
            // As text a FLOAT has six digits; times one it is the DOUBLE of equal value, printed in full.
            case "float" -> "CAST(" + value + " * 1e0 AS BINARY)";
            case "json" -> inRow("CAST(CAST(" + value + " AS CHAR) AS BINARY)", columnType);
            default -> inRow("CAST(" + value + " AS BINARY)", columnType);
        };
    }

    /** A row's bytes together must stay below max_allowed_packet, or they become NULL; so long values stand by a hash. */
    private static String inRow(String bytes, String columnType) {
        return switch (type(columnType)) {
            case "tinytext", "text", "mediumtext", "longtext", "tinyblob", "blob", "mediumblob", "longblob", "json" ->
                "SHA1(" + bytes + ")";
            default -> bytes;
        };
    }

    /** A value as people read it; bytes that are no text in hexadecimal. */
    static String shown(String value, String columnType) {
        return switch (type(columnType)) {
            case "float", "double" -> "CAST(" + value + " * 1e0 AS CHAR)";
            case "char", "varchar", "tinytext", "text", "mediumtext", "longtext", "enum", "set" ->
                "CONVERT(" + value + " USING utf8mb4)";
            case "bit" -> "BIN(" + value + " + 0)";
            case "binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob" -> "HEX(" + value + ")";
            case "geometry",
                    "point",
                    "linestring",
                    "polygon",
                    "multipoint",
                    "multilinestring",
                    "multipolygon",
                    "geomcollection",
                    "geometrycollection" -> "HEX(CAST(" + value + " AS BINARY))";
            default -> "CAST(" + value + " AS CHAR)";
        };
    }

    private static String type(String columnType) {
        return columnType.split("[( ]", 2)[0];
    }

    /**
     * 160 bits per row, to be combined by BIT_XOR. A cryptographic hash, because XOR over a linear one such as CRC32 does
     * not notice when two rows exchange values. What is too long for the server to put together has another value each time,
     * and so is never taken for equal.
     */
    static String row(List<String> elements) {
        // A literal's charset, _binary'', would give way to those of columns.
        return "UNHEX(SHA1(IFNULL(CONCAT(CAST('' AS BINARY), " + String.join(", ',', ", elements)
                + "), RANDOM_BYTES(20))))";
    }

    /**
     * What stands for a value in its row, as arguments of a CONCAT that begins with a binary one: no charset is converted then, and
     * bytes need no CAST. Each tells where it ends, so that neither a shifted boundary nor a NULL reads as another row.
     *
     * @param value of that type, or bytes that are to be compared with it
     */
    static String element(String value, String columnType) {
        return switch (type(columnType)) {
            // Written without a comma, and never as N.
            case "tinyint",
                    "smallint",
                    "mediumint",
                    "int",
                    "bigint",
                    "decimal",
                    "date",
                    "datetime",
                    "timestamp",
                    "time",
                    "year" -> ended(value);
            case "float", "double" -> ended(bytes(value, columnType));
            case "tinytext", "text", "mediumtext", "longtext", "tinyblob", "blob", "mediumblob", "longblob", "json" ->
                ended(bytes(value, columnType));
            case "char", "varchar", "binary", "varbinary", "enum", "set" -> counted(value);
            default -> counted(bytes(value, columnType));
        };
    }

    private static String ended(String text) {
        return "IFNULL(" + text + ", 'N')";
    }

    private static String counted(String bytes) {
        return "IFNULL(LENGTH(" + bytes + "), 'N'), ',', IFNULL(" + bytes + ", _binary'')";
    }
}
