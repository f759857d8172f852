package dev.shoofly.coordinator;

import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.PostgresVersion;
import dev.shoofly.servers.fixture.TestServers;

class PostgresStatementKindsIT extends StatementKindsContract {
    @Override
    DatabaseServer server() {
        return TestServers.postgres(PostgresVersion.V17);
    }

    @Override
    OrdersTable orders() {
        return OrdersTable.POSTGRES;
    }

    @Override
    Statements statements() {
        return Statements.POSTGRES;
    }
}
