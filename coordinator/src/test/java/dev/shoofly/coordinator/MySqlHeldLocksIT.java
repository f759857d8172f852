package dev.shoofly.coordinator;

import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;

class MySqlHeldLocksIT extends HeldLocksContract {
    @Override
    DatabaseServer server() {
        return TestServers.mysql();
    }

    @Override
    OrdersTable orders() {
        return OrdersTable.MYSQL;
    }

    @Override
    SlowApplication.Dialect dialect() {
        return SlowApplication.Dialect.MYSQL;
    }
}
