package dev.shoofly.cli;

import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.PostgresVersion;
import dev.shoofly.servers.fixture.TestServers;

class PostgresCliMigrateIT extends CliMigrateContract {
    @Override
    DatabaseServer server() {
        return TestServers.postgres(PostgresVersion.V15);
    }

    @Override
    String alter() {
        return "ALTER COLUMN amount TYPE bigint";
    }
}
