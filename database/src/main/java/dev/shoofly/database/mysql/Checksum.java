package dev.shoofly.database.mysql;

import java.util.ArrayList;
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
    static String inRow(String bytes, String columnType) {
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
     * not notice when two rows exchange values. The lengths come first, so that neither a shifted boundary nor a NULL reads
     * as another row.
     */
    static String row(List<String> bytes) {
        List<String> items = new ArrayList<>();
        for (String each : bytes) {
            items.add("IFNULL(LENGTH(" + each + "), '-')");
        }
        items.addAll(bytes);
        return "UNHEX(SHA1(CONCAT_WS(',', " + String.join(", ", items) + ")))";
    }
}
