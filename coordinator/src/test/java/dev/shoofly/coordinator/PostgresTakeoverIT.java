package dev.shoofly.coordinator;

import dev.shoofly.model.MigrationId;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.PostgresVersion;
import dev.shoofly.servers.fixture.TestServers;
import java.sql.SQLException;

class PostgresTakeoverIT extends TakeoverContract {
    @Override
    DatabaseServer server() {
        return TestServers.postgres(PostgresVersion.V17);
    }

    @Override
    OrdersTable table() {
        return OrdersTable.POSTGRES;
    }

    @Override
    void endOwnersSession(MigrationFixture orders, MigrationId id) throws SQLException {
        orders.texts("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"
                + " AND (classid::bigint << 32) | objid::bigint = hashtextextended('shoofly:" + id + "', 0)");
    }
}
