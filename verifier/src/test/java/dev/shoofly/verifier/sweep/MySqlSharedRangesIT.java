package dev.shoofly.verifier.sweep;

import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;

class MySqlSharedRangesIT extends SharedRangesContract {
    @Override
    DatabaseServer server() {
        return TestServers.mysql();
    }

    @Override
    String quoted(String name) {
        return "`" + name + "`";
    }
}
