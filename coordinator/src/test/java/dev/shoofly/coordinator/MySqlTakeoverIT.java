package dev.shoofly.coordinator;

import dev.shoofly.model.MigrationId;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;
import java.sql.SQLException;

class MySqlTakeoverIT extends TakeoverContract {
    @Override
    DatabaseServer server() {
        return TestServers.mysql();
    }

    @Override
    OrdersTable table() {
        return OrdersTable.MYSQL;
    }

    @Override
    void endOwnersSession(MigrationFixture orders, MigrationId id) throws SQLException {
        for (String session : orders.texts("SELECT IS_USED_LOCK('shoofly." + id + "')")) {
            if (session != null && !session.equals("null")) {
                orders.execute("KILL " + session);
            }
        }
    }
}
