package dev.shoofly.coordinator;

import dev.shoofly.model.MigrationId;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;
import java.sql.SQLException;
import java.util.Map;

class MySqlPauseIT extends PauseContract {
    @Override
    DatabaseServer dedicatedServer() {
        return TestServers.dedicatedMySql(Map.of("innodb_redo_log_capacity", "64M"));
    }

    @Override
    OrdersTable table() {
        return OrdersTable.MYSQL;
    }

    @Override
    StatementLog statements(MigrationFixture fixture) throws SQLException {
        return new StatementLog.OfMySql(fixture.connect());
    }

    @Override
    void discardTheLog(MigrationFixture fixture, MigrationId id) throws SQLException {
        fixture.execute("FLUSH BINARY LOGS");
        fixture.execute("PURGE BINARY LOGS BEFORE NOW() + INTERVAL 1 DAY");
    }
}
