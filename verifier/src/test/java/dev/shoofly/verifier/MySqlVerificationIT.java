package dev.shoofly.verifier;

import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;
import java.util.List;

class MySqlVerificationIT extends VerificationContract {
    @Override
    DatabaseServer server() {
        return TestServers.mysql();
    }

    @Override
    List<String> alters() {
        return List.of("MODIFY total bigint, ADD COLUMN region varchar(10) NOT NULL DEFAULT 'eu'");
    }

    @Override
    String quoted(String name) {
        return "`" + name + "`";
    }
}
