package dev.shoofly.database.control;

import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;

class MySqlControlSchemaIT extends ControlSchemaContract {
    @Override
    DatabaseServer server() {
        return TestServers.mysql();
    }
}
