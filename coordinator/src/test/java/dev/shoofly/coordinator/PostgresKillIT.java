package dev.shoofly.coordinator;

import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.PostgresVersion;
import dev.shoofly.servers.fixture.TestServers;

class PostgresKillIT extends KillContract {
    @Override
    DatabaseServer server() {
        return TestServers.postgres(PostgresVersion.V17);
    }

    @Override
    String secondStepOfCopy() {
        return "copy.keyless";
    }

    @Override
    OrdersTable table() {
        return OrdersTable.POSTGRES;
    }

    @Override
    String lastStepOfSwap() {
        return "committed";
    }
}
