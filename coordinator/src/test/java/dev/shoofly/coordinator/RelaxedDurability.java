package dev.shoofly.coordinator;

import dev.shoofly.servers.DatabaseServer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;

/** Spares a MySQL server the disk's acknowledgement of every commit, until closed: a campaign commits 100,000 times. */
final class RelaxedDurability implements AutoCloseable {
    private final DatabaseServer server;

    RelaxedDurability(DatabaseServer server) throws SQLException {
        this.server = server;
        set(0, 2);
    }

    private void set(int syncBinlog, int flushLog) throws SQLException {
        try (Connection connection = DriverManager.getConnection(server.jdbcUrl(), server.user(), server.password());
                Statement statement = connection.createStatement()) {
            statement.execute("SET GLOBAL sync_binlog = " + syncBinlog);
            statement.execute("SET GLOBAL innodb_flush_log_at_trx_commit = " + flushLog);
        }
    }

    @Override
    public void close() throws SQLException {
        set(1, 1);
    }
}
