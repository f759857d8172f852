package dev.shoofly.database.control;

import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.RowKey;

/** {@code shoofly.validation_details}: confirmed differences, for people with SQL. Keys and column names, no values. */
public final class ValidationRows {
    private final ConnectionPool pool;

    ValidationRows(ConnectionPool pool) {
        this.pool = pool;
    }

    public void add(MigrationId id, String kind, RowKey key, String detail) {
        pool.with(
                "recording a mismatch of " + id,
                connection -> Sql.update(
                        connection,
                        "INSERT INTO shoofly.validation_details (migration_id, kind, row_key, detail) VALUES (?, ?, ?, ?)",
                        id.value(),
                        kind,
                        Json.writeKey(key),
                        detail));
    }

    /** Before a new pass. */
    public void clear(MigrationId id) {
        pool.with(
                "clearing the mismatches of " + id,
                connection -> Sql.update(
                        connection, "DELETE FROM shoofly.validation_details WHERE migration_id = ?", id.value()));
    }
}
