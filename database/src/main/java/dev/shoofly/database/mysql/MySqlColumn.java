package dev.shoofly.database.mysql;

import org.jspecify.annotations.Nullable;

/**
 * A column as the catalog describes it.
 *
 * @param columnType full type, such as {@code varchar(20)} or {@code bigint unsigned}
 * @param dataType bare type, such as {@code varchar}
 * @param length in characters for strings, in bytes for binary strings; 0 for others
 * @param scale digits after the point: of decimals, or of a temporal type's seconds
 */
record MySqlColumn(
        String name,
        String columnType,
        String dataType,
        @Nullable String charset,
        @Nullable String collation,
        boolean nullable,
        boolean hasDefault,
        boolean generated,
        boolean autoIncrement,
        long length,
        int scale) {
    static final String CHARSET = " CHARACTER SET ";
    static final String COLLATE = " COLLATE ";

    /** Type with charset and collation: what two columns must share to hold equal bytes. */
    String declared() {
        return collation == null ? columnType : columnType + CHARSET + charset + COLLATE + collation;
    }

    boolean isText() {
        return collation != null && !hasLabels();
    }

    boolean hasLabels() {
        return dataType.equals("enum") || dataType.equals("set");
    }

    boolean isInteger() {
        return switch (dataType) {
            case "tinyint", "smallint", "mediumint", "int", "bigint" -> true;
            default -> false;
        };
    }
}
