package dev.shoofly.coordinator;

import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.PostgresVersion;
import dev.shoofly.servers.fixture.TestServers;
import java.util.Map;

class PostgresInterruptionIT extends InterruptionContract {
    @Override
    DatabaseServer dedicatedServer() {
        return TestServers.dedicatedPostgres(PostgresVersion.V15, Map.of());
    }

    @Override
    OrdersTable table() {
        return OrdersTable.POSTGRES;
    }
}
