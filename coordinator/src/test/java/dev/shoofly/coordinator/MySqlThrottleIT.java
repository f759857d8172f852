package dev.shoofly.coordinator;

import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;

class MySqlThrottleIT extends ThrottleContract {
    @Override
    DatabaseServer server() {
        return TestServers.mysql();
    }

    @Override
    OrdersTable table() {
        return OrdersTable.MYSQL;
    }

    @Override
    String exceeded() {
        return "Threads_connected=1";
    }
}
