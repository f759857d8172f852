package dev.shoofly.database.control;

import dev.shoofly.model.MigrationId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;

/** The columns of {@code shoofly.migrations} that tell of the old table's end. */
public final class RetentionRows {
    private final MigrationRows rows;

    RetentionRows(MigrationRows rows) {
        this.rows = rows;
    }

    /** Before the migration is complete: whoever finds it complete knows what is left to do. */
    public void dropAt(MigrationId id, long epoch, Instant time) {
        rows.set(id, epoch, "drop_old_at_millis = ?", time.toEpochMilli());
    }

    /** With a line in the log. Whoever dropped it: the name was never used for anything else. */
    public void dropped(MigrationId id) {
        rows.pool().inTransaction("noting that the old table of " + id + " is dropped", connection -> {
            int changed = Sql.update(
                    connection,
                    "UPDATE shoofly.migrations SET old_dropped = 1, updated_at = CURRENT_TIMESTAMP(3)"
                            + " WHERE id = ? AND old_dropped = 0",
                    id.value());
            return changed == 0 ? 0 : MigrationRows.log(connection, id, "OLD DROPPED", null);
        });
    }

    static Retention read(ResultSet row) throws SQLException {
        long dropAt = row.getLong("drop_old_at_millis");
        return new Retention(dropAt == 0 ? null : Instant.ofEpochMilli(dropAt), row.getInt("old_dropped") == 1);
    }
}
