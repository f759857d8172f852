package dev.shoofly.coordinator;

import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;
import java.util.Map;

class MySqlInterruptionIT extends InterruptionContract {
    @Override
    DatabaseServer dedicatedServer() {
        return TestServers.dedicatedMySql(Map.of());
    }

    @Override
    OrdersTable table() {
        return OrdersTable.MYSQL;
    }
}
