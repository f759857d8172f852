package dev.shoofly.verifier.sweep;

import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.PostgresVersion;
import dev.shoofly.servers.fixture.TestServers;

class PostgresSharedRangesIT extends SharedRangesContract {
    @Override
    DatabaseServer server() {
        return TestServers.postgres(PostgresVersion.V15);
    }

    @Override
    String quoted(String name) {
        return "\"" + name + "\"";
    }
}
