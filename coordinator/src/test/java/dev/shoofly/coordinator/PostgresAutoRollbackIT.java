package dev.shoofly.coordinator;

import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.PostgresVersion;
import dev.shoofly.servers.fixture.TestServers;

class PostgresAutoRollbackIT extends AutoRollbackContract {
    @Override
    DatabaseServer server() {
        return TestServers.postgres(PostgresVersion.V17);
    }

    @Override
    OrdersTable table() {
        return OrdersTable.POSTGRES;
    }

    @Override
    String lock() {
        return "LOCK TABLE orders IN ACCESS EXCLUSIVE MODE";
    }

    @Override
    String unlock() {
        // The commit has done it.
        return "SELECT 1";
    }

    @Override
    String waitingReaders() {
        return "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'SELECT 1 FROM %'"
                + " AND application_name LIKE 'shoofly%'";
    }
}
