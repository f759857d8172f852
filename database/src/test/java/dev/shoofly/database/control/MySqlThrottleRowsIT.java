package dev.shoofly.database.control;

import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;

class MySqlThrottleRowsIT extends ThrottleRowsContract {
    @Override
    DatabaseServer server() {
        return TestServers.mysql();
    }
}
