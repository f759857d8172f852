package dev.shoofly.database.control;

import dev.shoofly.database.DatabaseKind;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;

/**
 * Held by whoever creates or completes the control tables. Two at the same time fail: on PostgreSQL also with IF NOT
 * EXISTS, on MySQL because the view's definition locks all tables while the other process alters them one by one, which
 * is a deadlock. Its connection's death frees it.
 */
final class CreatingLock implements AutoCloseable {
    private static final String NAME = "shoofly:control-tables";

    /** The server's own number of what may go better next time. */
    private static final int LOCK_WAIT_TIMEOUT = 1205;
    /** Far longer than creating all of them takes. */
    private static final Duration WAIT = Duration.ofMinutes(2);

    private final Connection connection;
    private final DatabaseKind kind;

    private CreatingLock(Connection connection, DatabaseKind kind) {
        this.connection = connection;
        this.kind = kind;
    }

    /** Waits for another holder. */
    static CreatingLock take(Connection connection, DatabaseKind kind) throws SQLException {
        switch (kind) {
            case MYSQL -> takeOnMySql(connection);
            case POSTGRES -> query(connection, "SELECT 1 FROM pg_advisory_lock(hashtextextended(?, 0))", NAME);
        }
        return new CreatingLock(connection, kind);
    }

    private static void takeOnMySql(Connection connection) throws SQLException {
        if (query(connection, "SELECT GET_LOCK(?, ?)", NAME, WAIT.toSeconds()) != 1) {
            throw new SQLException(
                    "the user lock " + NAME + " was not to be had within " + WAIT.toSeconds()
                            + " s: another process is creating them (performance_schema.metadata_locks names its thread)",
                    "HY000",
                    LOCK_WAIT_TIMEOUT);
        }
    }

    @Override
    public void close() throws SQLException {
        query(
                connection,
                switch (kind) {
                    case MYSQL -> "SELECT RELEASE_LOCK(?)";
                    case POSTGRES -> "SELECT CASE WHEN pg_advisory_unlock(hashtextextended(?, 0)) THEN 1 ELSE 0 END";
                },
                NAME);
    }

    private static int query(Connection connection, String sql, Object... values) throws SQLException {
        try (PreparedStatement statement = Sql.prepare(connection, sql, values);
                ResultSet row = statement.executeQuery()) {
            row.next();
            return row.getInt(1);
        }
    }
}
