package dev.shoofly.database.control;

import dev.shoofly.database.DatabaseKind;
import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.ShooflyException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * {@code shoofly.markers}: one row per migration whose number the log carries as an ordinary change. One row, updated,
 * because its row lock is held to the commit: so numbers rise in commit order, and "number n has passed" implies that
 * every smaller one has.
 */
public final class MarkerRows {
    private final ConnectionPool pool;
    private final DatabaseKind kind;

    MarkerRows(ConnectionPool pool, DatabaseKind kind) {
        this.pool = pool;
        this.kind = kind;
    }

    public void create(MigrationId id) {
        pool.inTransaction("creating the marker row of " + id, connection -> {
            if (read(connection, id) >= 0) {
                return 0;
            }
            return Sql.update(connection, "INSERT INTO shoofly.markers (migration_id) VALUES (?)", id.value());
        });
    }

    /**
     * Commits a new marker and returns its number. One statement that commits itself: under the lock of a cut-over everybody waits
     * for its way there and back.
     *
     * @throws ShooflyException SUPERSEDED when the migration has no marker row (any more)
     */
    public long next(MigrationId id) {
        return pool.with("writing a marker of " + id, connection -> {
            long marker = kind == DatabaseKind.POSTGRES ? nextReturned(connection, id) : nextGenerated(connection, id);
            if (marker < 0) {
                // Any number would do to pass a fence that nothing stands behind.
                throw new ShooflyException(
                        ErrorKind.SUPERSEDED,
                        "migration " + id + " has no marker row any more: somebody cancelled it. This process stops.");
            }
            return marker;
        });
    }

    /** Needs no standby, whatever the session is set to: an absent one would stop the fence, not make it safer. */
    private static long nextReturned(Connection connection, MigrationId id) throws SQLException {
        try (PreparedStatement statement = Sql.prepare(
                        connection,
                        "UPDATE shoofly.markers SET marker = marker + 1 WHERE migration_id = ?"
                                // Until the commit, which is this statement's end.
                                + " RETURNING marker, pg_catalog.set_config('synchronous_commit', 'local', true)",
                        id.value());
                ResultSet rows = statement.executeQuery()) {
            return rows.next() ? rows.getLong(1) : -1;
        }
    }

    /** The server's answer to an UPDATE carries what it gave to LAST_INSERT_ID, whoever else has updated the row since. */
    private static long nextGenerated(Connection connection, MigrationId id) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(
                "UPDATE shoofly.markers SET marker = LAST_INSERT_ID(marker + 1) WHERE migration_id = ?",
                Statement.RETURN_GENERATED_KEYS)) {
            statement.setString(1, id.value());
            if (statement.executeUpdate() == 0) {
                return -1;
            }
            try (ResultSet generated = statement.getGeneratedKeys()) {
                if (!generated.next()) {
                    throw new SQLException("the server did not tell the number of the marker that it wrote");
                }
                return generated.getLong(1);
            }
        }
    }

    /** The last number that was committed; -1 when the row is missing. */
    public long last(MigrationId id) {
        return pool.with("reading the marker of " + id, connection -> read(connection, id));
    }

    /** The number as a reader sees it now; -1 when the row is missing. */
    public static long read(Connection connection, MigrationId id) throws SQLException {
        try (PreparedStatement statement = Sql.prepare(
                        connection, "SELECT marker FROM shoofly.markers WHERE migration_id = ?", id.value());
                ResultSet rows = statement.executeQuery()) {
            return rows.next() ? rows.getLong(1) : -1;
        }
    }
}
