package dev.shoofly.database.control;

import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.PostgresVersion;
import dev.shoofly.servers.fixture.TestServers;

class PostgresControlSchemaIT extends ControlSchemaContract {
    @Override
    DatabaseServer server() {
        return TestServers.postgres(PostgresVersion.V17);
    }
}
