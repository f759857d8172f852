package dev.shoofly.coordinator;

import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.PostgresVersion;
import dev.shoofly.servers.fixture.TestServers;
import java.util.List;

class PostgresWaitingRollbackIT extends WaitingRollbackContract {
    @Override
    DatabaseServer server() {
        return TestServers.postgres(PostgresVersion.V17);
    }

    @Override
    OrdersTable table() {
        return OrdersTable.POSTGRES;
    }

    @Override
    List<String> takeSnapshot() {
        return List.of("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", "SELECT 1");
    }
}
