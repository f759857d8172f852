package dev.shoofly.model;

import java.util.Objects;

/**
 * A table with the schema (PostgreSQL) or database (MySQL) that holds it. Both parts are the raw names as the catalog
 * spells them; only a dialect quotes them.
 */
public record TableName(String schema, String table) {
    public TableName {
        Objects.requireNonNull(schema, "schema");
        if (Objects.requireNonNull(table, "table").isEmpty()) {
            throw new IllegalArgumentException("a table name cannot be empty");
        }
    }

    /** The name of another table in the same schema. */
    public TableName sibling(String otherTable) {
        return new TableName(schema, otherTable);
    }

    /** For people: {@code schema.table}, unquoted. Never put it into SQL. */
    @Override
    public String toString() {
        return schema + "." + table;
    }
}
