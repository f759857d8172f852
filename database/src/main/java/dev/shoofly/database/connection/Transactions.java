package dev.shoofly.database.connection;

import java.sql.Connection;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** One transaction on a connection, which is in auto-commit mode before and after unless it says otherwise. */
public final class Transactions {
    private Transactions() {}

    public static <T extends @Nullable Object> T run(Connection connection, SqlWork<T> work) throws SQLException {
        connection.setAutoCommit(false);
        boolean done = false;
        try {
            T result = ended(connection, work);
            done = true;
            return result;
        } finally {
            restore(connection, done);
        }
    }

    /** As {@link #run}, on a connection whose auto-commit is off and stays so. */
    public static <T extends @Nullable Object> T ended(Connection connection, SqlWork<T> work) throws SQLException {
        boolean done = false;
        try {
            T result = work.run(connection);
            connection.commit();
            done = true;
            return result;
        } finally {
            if (!done) {
                rollbackQuietly(connection);
            }
        }
    }

    /** As {@link #run}, but rolled back whatever happens: nothing of the work stays. */
    public static <T extends @Nullable Object> T undone(Connection connection, SqlWork<T> work) throws SQLException {
        connection.setAutoCommit(false);
        boolean done = false;
        try {
            T result = work.run(connection);
            done = true;
            return result;
        } finally {
            rollbackQuietly(connection);
            restore(connection, done);
        }
    }

    private static void restore(Connection connection, boolean done) throws SQLException {
        try {
            connection.setAutoCommit(true);
        } catch (SQLException e) {
            if (done) {
                throw e;
            }
            // The first error is the one to tell; the pool throws a broken connection away.
        }
    }

    /** Rolls back; a connection too broken for that has been rolled back by the server. */
    public static void rollbackQuietly(Connection connection) {
        try {
            connection.rollback();
        } catch (SQLException e) {
            // Nothing to add to the error that led here.
        }
    }
}
