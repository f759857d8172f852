package dev.shoofly.database.control;

import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.database.connection.Retry;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.RowKey;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** {@code shoofly.validation_details}: the latest verdict on rows that were found to differ, for people with SQL. Keys and column names, no values. */
public final class ValidationRows {
    private final ConnectionPool pool;

    ValidationRows(ConnectionPool pool) {
        this.pool = pool;
    }

    /**
     * One row's verdict.
     *
     * @param detail which columns differ
     */
    public record Verdict(RowKey key, String kind, String detail, String classification, String repair) {}

    /** In place of an earlier verdict on the same row. Nothing once the migration is over: nobody would remove it. */
    public void put(MigrationId id, Verdict verdict) {
        String key = Json.writeKey(verdict.key());
        String what = "recording a mismatch of " + id;
        // Repeated, for it locks in another order than the transaction that ends the migration.
        int unused = Retry.OUTLAST_RESTART.call(
                what,
                () -> pool.inTransaction(what, connection -> {
                    delete(connection, id, key);
                    Sql.update(
                            connection,
                            "INSERT INTO shoofly.validation_details (migration_id, kind, row_key, detail, classification, repair)"
                                    + " VALUES (?, ?, ?, ?, ?, ?)",
                            id.value(),
                            verdict.kind(),
                            key,
                            verdict.detail(),
                            verdict.classification(),
                            verdict.repair());
                    // Asked last: a swap waits for the row that is locked by it.
                    return MigrationRows.isUnderWay(connection, id) ? 1 : delete(connection, id, key);
                }));
    }

    private int delete(Connection connection, MigrationId id, @Nullable String key) throws SQLException {
        return Sql.update(
                connection,
                "DELETE FROM shoofly.validation_details WHERE migration_id = ? AND " + sameKey(),
                id.value(),
                key);
    }

    /** There is nothing to say of the row any more. */
    public void remove(MigrationId id, RowKey key) {
        pool.with("withdrawing a mismatch of " + id, connection -> delete(connection, id, Json.writeKey(key)));
    }

    /** Rows that are known to differ and were not seen to be equal since, in the order in which they were found. */
    public List<RowKey> open(MigrationId id) {
        return pool.with("reading the mismatches of " + id, connection -> {
            List<RowKey> found = new ArrayList<>();
            try (PreparedStatement statement = Sql.prepare(
                            connection,
                            "SELECT row_key FROM shoofly.validation_details WHERE migration_id = ?"
                                    + " AND classification IN ('STABLE', 'TRANSFORM_LOSS') ORDER BY entry",
                            id.value());
                    ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    found.add(Objects.requireNonNull(Json.readKey(row.getString(1))));
                }
            }
            return found;
        });
    }

    private String sameKey() {
        return switch (pool.profile().kind()) {
            // The column's collation takes keys for one that are two rows.
            case MYSQL -> "CAST(row_key AS BINARY) = CAST(? AS BINARY)";
            case POSTGRES -> "row_key = ?";
        };
    }

    /** Before a new pass. */
    public void clear(MigrationId id) {
        pool.with(
                "clearing the mismatches of " + id,
                connection -> Sql.update(
                        connection, "DELETE FROM shoofly.validation_details WHERE migration_id = ?", id.value()));
    }
}
