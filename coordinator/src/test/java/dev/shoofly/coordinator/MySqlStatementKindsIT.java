package dev.shoofly.coordinator;

import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;

class MySqlStatementKindsIT extends StatementKindsContract {
    @Override
    DatabaseServer server() {
        return TestServers.mysql();
    }

    @Override
    OrdersTable orders() {
        return OrdersTable.MYSQL;
    }

    @Override
    Statements statements() {
        return Statements.MYSQL;
    }
}
