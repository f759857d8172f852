package dev.shoofly.benchmarks.load;

import dev.shoofly.database.DatabaseKind;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;

class MySqlLedgerCheckIT extends LedgerCheckContract {
    @Override
    DatabaseKind kind() {
        return DatabaseKind.MYSQL;
    }

    @Override
    DatabaseServer server() {
        return TestServers.mysql();
    }
}
