package dev.shoofly.cli;

import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;

class MySqlCliMigrateIT extends CliMigrateContract {
    @Override
    DatabaseServer server() {
        return TestServers.mysql();
    }

    @Override
    String alter() {
        return "engine=innodb";
    }
}
