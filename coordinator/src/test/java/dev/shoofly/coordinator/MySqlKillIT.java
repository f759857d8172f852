package dev.shoofly.coordinator;

import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;
import java.sql.SQLException;
import java.util.List;

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

    /** Once it died before the second swap, its capture does not know the table any more, and the way back is given up. */
    @Override
    List<String> pointsBack() {
        return List.of();
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
}
