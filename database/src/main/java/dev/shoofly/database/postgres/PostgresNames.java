package dev.shoofly.database.postgres;

import dev.shoofly.model.TableName;

/** The one place that quotes identifiers and literals. */
final class PostgresNames {
    /** Longest identifier in UTF-8 bytes. */
    static final int LIMIT_BYTES = 63;

    private PostgresNames() {}

    static String quote(String identifier) {
        return '"' + identifier.replace("\"", "\"\"") + '"';
    }

    static String quote(TableName table) {
        return quote(table.schema(), table.table());
    }

    static String quote(String schema, String name) {
        return quote(schema) + "." + quote(name);
    }

    /** A string literal; only for statements that take no parameters (COMMENT, SET, …). */
    static String literal(String text) {
        // E'' with doubled backslashes means the same whatever standard_conforming_strings says.
        return "E'" + text.replace("\\", "\\\\").replace("'", "''") + "'";
    }
}
