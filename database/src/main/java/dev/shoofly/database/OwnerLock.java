package dev.shoofly.database;

import dev.shoofly.database.connection.SqlWork;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** Held on a connection of its own until closed. */
public interface OwnerLock extends AutoCloseable {

    /** False once the connection is lost: another process may own the migration now. Asks the server. */
    boolean isHeld();

    /**
     * Works on the lock's own session, which also keeps it alive; so that a process that stands still needs no other.
     *
     * @throws SQLException also when the session, and with it the lock, is lost
     */
    <T extends @Nullable Object> T with(SqlWork<T> work) throws SQLException;

    @Override
    void close();
}
