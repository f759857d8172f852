package dev.shoofly.database.control;

import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.model.DiskSettings;
import dev.shoofly.model.MigrationId;
import java.sql.PreparedStatement;
import java.sql.ResultSet;

/** {@code shoofly.disk_settings}: written by whoever wants them otherwise, read by the owner at each of its looks. */
public final class DiskRows {
    private final ConnectionPool pool;

    DiskRows(ConnectionPool pool) {
        this.pool = pool;
    }

    /** What was saved, else the default. */
    public DiskSettings find(MigrationId id) {
        return pool.with("reading the disk settings of migration " + id, connection -> {
            try (PreparedStatement statement = Sql.prepare(
                            connection,
                            "SELECT reserve_bytes, free_query FROM shoofly.disk_settings WHERE migration_id = ?",
                            id.value());
                    ResultSet row = statement.executeQuery()) {
                return row.next() ? new DiskSettings(row.getLong(1), row.getString(2)) : DiskSettings.DEFAULT;
            }
        });
    }

    public void save(MigrationId id, DiskSettings settings) {
        pool.inTransaction("saving the disk settings of migration " + id, connection -> {
            Sql.update(connection, "DELETE FROM shoofly.disk_settings WHERE migration_id = ?", id.value());
            Sql.update(
                    connection,
                    "INSERT INTO shoofly.disk_settings (migration_id, reserve_bytes, free_query) VALUES (?, ?, ?)",
                    id.value(),
                    settings.reserveBytes(),
                    settings.freeQuery());
            // Of a migration that is over nobody would remove it.
            return MigrationRows.isUnderWay(connection, id)
                    ? 1
                    : Sql.update(connection, "DELETE FROM shoofly.disk_settings WHERE migration_id = ?", id.value());
        });
    }
}
