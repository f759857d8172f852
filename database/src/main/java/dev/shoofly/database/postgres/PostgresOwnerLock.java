package dev.shoofly.database.postgres;

import dev.shoofly.database.OwnerLock;
import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.database.connection.ConnectionProfile;
import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.database.connection.SqlWork;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.ShooflyException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A session-level advisory lock on a connection of its own. */
final class PostgresOwnerLock implements OwnerLock {
    private final Connection connection;

    private PostgresOwnerLock(Connection connection) {
        this.connection = connection;
    }

    static Optional<OwnerLock> tryLock(ConnectionProfile profile, MigrationId id) {
        try {
            Connection connection = PostgresSession.connect(profile);
            if (PostgresCatalog.test(
                    connection, "SELECT pg_try_advisory_lock(hashtextextended(?, 0))", "shoofly:" + id)) {
                return Optional.of(new PostgresOwnerLock(connection));
            }
            connection.close();
            return Optional.empty();
        } catch (SQLException e) {
            throw new ShooflyException(
                    SqlErrors.isTransient(e) ? ErrorKind.TRANSIENT : ErrorKind.REFUSED,
                    "taking the owner lock of migration " + id + " failed: " + SqlErrors.serverSaid(e),
                    e);
        }
    }

    @Override
    public synchronized boolean isHeld() {
        try {
            return PostgresCatalog.test(
                    connection,
                    "SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_locks WHERE locktype = 'advisory' AND granted"
                            + " AND pid = pg_backend_pid())");
        } catch (SQLException e) {
            return false;
        }
    }

    @Override
    public synchronized <T extends @Nullable Object> T with(SqlWork<T> work) throws SQLException {
        return work.run(connection);
    }

    @Override
    public synchronized void close() {
        try {
            ConnectionPool.execute(connection, "SELECT pg_advisory_unlock_all()");
            connection.close();
        } catch (SQLException e) {
            // The server frees the lock with the session.
        }
    }
}
