package dev.shoofly.database.mysql;

import dev.shoofly.database.ChangeLog;
import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** The binary log is always there: nothing to make, but its settings must hold and no rows may be logged but unseen. */
final class MySqlChangeLog implements ChangeLog {
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(30);
    private final ConnectionPool pool;

    MySqlChangeLog(ConnectionPool pool) {
        this.pool = pool;
    }

    @Override
    public void open(MigrationPlan plan) {
        pool.with("checking the binary log", connection -> {
            List<String> findings = BinaryLogSettings.findings(connection);
            if (!findings.isEmpty()) {
                throw new ShooflyException(ErrorKind.REFUSED, String.join("; ", findings));
            }
            awaitPrepared(connection);
            return true;
        });
    }

    /**
     * The rows of an XA transaction that is prepared now may have been logged before the capture's first position, so it must
     * end before the first copy; of those that are prepared later the capture sees all. A transaction of another kind logs
     * its rows when it commits, so a running one is captured whole.
     */
    private static void awaitPrepared(Connection connection) throws SQLException {
        List<String> left = PreparedXa.leftAfter(connection, LONGEST_WAIT);
        if (!left.isEmpty()) {
            throw new ShooflyException(
                    ErrorKind.REFUSED,
                    "XA transactions are prepared (" + String.join(", ", left)
                            + "): their rows are logged already but not committed, so their changes would be missed."
                            + " Nothing was copied yet. Commit them or roll them back, then start again.");
        }
    }

    @Override
    public void close(MigrationId id, TableName source) {
        // The server keeps nothing for a binary log client.
    }

    @Override
    public String retention(MigrationPlan plan) {
        long seconds = pool.with(
                "asking how long the binary log is kept",
                connection -> Long.parseLong(MySqlCatalog.variable(connection, "binlog_expire_logs_seconds")));
        if (seconds == 0) {
            return "MySQL keeps its binary log until somebody purges it; what is purged unread ends the migration";
        }
        return "MySQL deletes binary logs after " + seconds / 3600
                + " h (binlog_expire_logs_seconds): resume before that," + " or the migration has to start anew";
    }

    @Override
    public Optional<String> brokenBecause(MigrationPlan plan) {
        List<String> findings = pool.with("checking the binary log", BinaryLogSettings::findings);
        return findings.isEmpty() ? Optional.empty() : Optional.of(String.join("; ", findings));
    }
}
