package dev.shoofly.benchmarks.load;

import dev.shoofly.database.DatabaseKind;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.PostgresVersion;
import dev.shoofly.servers.fixture.TestServers;

class PostgresLedgerCheckIT extends LedgerCheckContract {
    @Override
    DatabaseKind kind() {
        return DatabaseKind.POSTGRES;
    }

    @Override
    DatabaseServer server() {
        return TestServers.postgres(PostgresVersion.V17);
    }
}
