package dev.shoofly.database.mysql;

import dev.shoofly.database.CommitWatch;
import dev.shoofly.database.connection.ConnectionProfile;
import dev.shoofly.database.throttle.LoadConnection;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/**
 * A binary log that cannot grow makes every commit wait. The server says so in its error log only, which it shows as a table
 * since 8.0.22; that a commit waits its process list shows. Neither needs a temporary table, which a full disk might refuse.
 */
final class MySqlCommitWatch implements CommitWatch {
    private static final int NO_SUCH_TABLE = 1146;
    /** Slow disks take that long as well; the error log tells. */
    private static final int SUSPICIOUS_SECONDS = 3;
    /** No disk is so slow. */
    private static final int CERTAIN_SECONDS = 30;

    private static final String LONGEST_COMMIT =
            "SELECT time FROM performance_schema.processlist WHERE state = 'waiting for handler commit'"
                    + " AND time >= ? ORDER BY time DESC LIMIT 1";
    /** The server repeats it every ten minutes. */
    private static final String LOGGED =
            "SELECT data FROM performance_schema.error_log WHERE logged > NOW(6) - INTERVAL 11 MINUTE"
                    + " AND data LIKE 'Disk is full writing%' ORDER BY logged DESC LIMIT 1";

    private final LoadConnection connection;

    MySqlCommitWatch(ConnectionProfile profile) {
        this.connection = new LoadConnection(() -> MySqlReplicas.connect(profile));
    }

    @Override
    public Optional<String> look() throws SQLException {
        return connection.with(MySqlCommitWatch::look);
    }

    private static Optional<String> look(Connection open) throws SQLException {
        Optional<Long> waiting = longestCommit(open);
        if (waiting.isEmpty()) {
            return Optional.empty();
        }
        try {
            return SqlText.of(LOGGED).list(open, row -> row.getString(1)).stream()
                    .findFirst()
                    .map(MySqlCommitWatch::quoted);
        } catch (SQLException e) {
            if (!MySqlErrors.isMissingPrivilege(e)) {
                throw e;
            }
            return waiting.filter(seconds -> seconds >= CERTAIN_SECONDS).map(MySqlCommitWatch::guessed);
        }
    }

    private static Optional<Long> longestCommit(Connection open) throws SQLException {
        try {
            List<Long> found = SqlText.of(LONGEST_COMMIT, SUSPICIOUS_SECONDS).list(open, row -> row.getLong(1));
            return found.stream().findFirst();
        } catch (SQLException e) {
            if (e.getErrorCode() == NO_SUCH_TABLE) {
                // Before 8.0.22 there is no error log to be quoted either.
                return Optional.empty();
            }
            throw e;
        }
    }

    private static String quoted(String said) {
        return "Insufficient disk space: every commit on the server waits, the application's too. Its error log says: "
                + said + " Nothing is lost. Make room; within a minute the server goes on by itself";
    }

    private static String guessed(long seconds) {
        return "every commit on the server waits, the application's too, for " + seconds
                + " s so far. Its error log says why, most likely 'Disk is full'; GRANT SELECT ON"
                + " performance_schema.error_log TO the migration's user would have it quoted here";
    }

    @Override
    public void close() {
        connection.close();
    }
}
