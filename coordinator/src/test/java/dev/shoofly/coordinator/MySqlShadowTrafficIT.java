package dev.shoofly.coordinator;

import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;

class MySqlShadowTrafficIT extends ShadowTrafficContract {
    @Override
    DatabaseServer server() {
        return TestServers.mysql();
    }

    @Override
    OrdersTable table() {
        return OrdersTable.MYSQL;
    }

    @Override
    String dropNotesIndexOf(String shadow) {
        return "DROP INDEX notes ON " + shadow;
    }
}
