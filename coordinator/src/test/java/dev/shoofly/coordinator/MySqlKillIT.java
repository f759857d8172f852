package dev.shoofly.coordinator;

import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;
import java.sql.SQLException;

class MySqlKillIT extends KillContract {
    @Override
    DatabaseServer server() {
        return TestServers.mysql();
    }

    @Override
    String secondStepOfCopy() {
        return "copy.before-sweep";
    }

    @Override
    OrdersTable table() {
        return OrdersTable.MYSQL;
    }

    @Override
    void attach(MigrationFixture fixture) throws SQLException {
        MySqlAttachments.hangOn(fixture);
    }

    @Override
    void checkAttached(MigrationFixture fixture, RecordedWriters writers) throws SQLException {
        MySqlAttachments.check(fixture, writers);
    }

    @Override
    void detach(MigrationFixture fixture) throws SQLException {
        MySqlAttachments.takeAway(fixture);
    }

    /** Between the freed tables and the recorded state, which cannot be committed with the names. */
    @Override
    String lastStepOfSwap() {
        return "unlocked";
    }
}
