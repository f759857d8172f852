package dev.shoofly.verifier;

import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.PostgresVersion;
import dev.shoofly.servers.fixture.TestServers;
import java.util.List;

class PostgresVerificationIT extends VerificationContract {
    @Override
    DatabaseServer server() {
        return TestServers.postgres(PostgresVersion.V15);
    }

    @Override
    List<String> alters() {
        return List.of("ALTER COLUMN total TYPE bigint, ADD COLUMN region text NOT NULL DEFAULT 'eu'");
    }

    @Override
    String quoted(String name) {
        return "\"" + name + "\"";
    }
}
