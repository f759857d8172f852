package dev.shoofly.coordinator;

import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;
import java.util.List;

class MySqlWaitingRollbackIT extends WaitingRollbackContract {
    @Override
    DatabaseServer server() {
        return TestServers.mysql();
    }

    @Override
    OrdersTable table() {
        return OrdersTable.MYSQL;
    }

    @Override
    List<String> takeSnapshot() {
        return List.of("START TRANSACTION WITH CONSISTENT SNAPSHOT");
    }
}
