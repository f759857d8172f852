package dev.shoofly.database.mysql;

import dev.shoofly.database.OwnerLock;
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

/** A named user lock; the server frees it with the connection. */
final class MySqlOwnerLock implements OwnerLock {
    private final Connection connection;
    private final String name;

    private MySqlOwnerLock(Connection connection, String name) {
        this.connection = connection;
        this.name = name;
    }

    static Optional<OwnerLock> tryLock(ConnectionProfile profile, MigrationId id) {
        String name = "shoofly." + id;
        try {
            Connection connection = MySqlSession.connect(profile);
            boolean held = false;
            try {
                held = SqlText.of("SELECT GET_LOCK(?, 0)", name)
                                .list(connection, row -> row.getInt(1))
                                .get(0)
                        == 1;
                return held ? Optional.of(new MySqlOwnerLock(connection, name)) : Optional.empty();
            } finally {
                if (!held) {
                    connection.close();
                }
            }
        } catch (SQLException e) {
            throw new ShooflyException(
                    SqlErrors.isTransient(e) ? ErrorKind.TRANSIENT : ErrorKind.REFUSED,
                    "taking the owner's lock of migration " + id + " failed: " + SqlErrors.serverSaid(e),
                    e);
        }
    }

    @Override
    public synchronized boolean isHeld() {
        try {
            return SqlText.of("SELECT 1 FROM DUAL WHERE IS_USED_LOCK(?) = CONNECTION_ID()", name)
                    .findsRow(connection);
        } catch (SQLException e) {
            // Without the connection there is no lock.
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
            connection.close();
        } catch (SQLException e) {
            // The server frees the lock when it notices.
        }
    }
}
