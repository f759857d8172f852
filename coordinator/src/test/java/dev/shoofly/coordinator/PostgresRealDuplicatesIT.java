package dev.shoofly.coordinator;

import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.PostgresVersion;
import dev.shoofly.servers.fixture.TestServers;
import java.util.List;

class PostgresRealDuplicatesIT extends RealDuplicatesContract {
    @Override
    DatabaseServer server() {
        return TestServers.postgres(PostgresVersion.V15);
    }

    @Override
    OrdersTable orders() {
        return OrdersTable.POSTGRES;
    }

    @Override
    List<String> uniqueMail() {
        return List.of("ADD CONSTRAINT one_of_each UNIQUE (mail)");
    }
}
