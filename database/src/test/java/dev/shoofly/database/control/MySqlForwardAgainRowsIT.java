package dev.shoofly.database.control;

import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;

class MySqlForwardAgainRowsIT extends ForwardAgainRowsContract {
    @Override
    DatabaseServer server() {
        return TestServers.mysql();
    }
}
