package dev.shoofly.verifier;

import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.PostgresVersion;
import dev.shoofly.servers.fixture.TestServers;

class PostgresVerificationIT extends VerificationContract {
    @Override
    DatabaseServer server() {
        return TestServers.postgres(PostgresVersion.V15);
    }
}
