package dev.shoofly.verifier;

import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;

class MySqlVerificationIT extends VerificationContract {
    @Override
    DatabaseServer server() {
        return TestServers.mysql();
    }
}
