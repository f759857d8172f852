package dev.shoofly.coordinator;

import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.PostgresVersion;
import dev.shoofly.servers.fixture.TestServers;

class PostgresOnDemandVerificationIT extends OnDemandVerificationContract {
    @Override
    DatabaseServer server() {
        return TestServers.postgres(PostgresVersion.V15);
    }

    @Override
    String pastTheFence(String statement) {
        return "SET shoofly.writer = 'on'; " + statement;
    }

    @Override
    OrdersTable table() {
        return OrdersTable.POSTGRES;
    }
}
