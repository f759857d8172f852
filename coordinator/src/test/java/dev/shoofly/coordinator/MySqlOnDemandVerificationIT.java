package dev.shoofly.coordinator;

import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;

class MySqlOnDemandVerificationIT extends OnDemandVerificationContract {
    @Override
    DatabaseServer server() {
        return TestServers.mysql();
    }

    @Override
    String pastTheFence(String statement) {
        return statement;
    }

    @Override
    OrdersTable table() {
        return OrdersTable.MYSQL;
    }
}
