package dev.shoofly.coordinator;

import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;

class MySqlAutoRollbackIT extends AutoRollbackContract {
    @Override
    DatabaseServer server() {
        return TestServers.mysql();
    }

    @Override
    OrdersTable table() {
        return OrdersTable.MYSQL;
    }

    @Override
    String lock() {
        return "LOCK TABLES orders WRITE";
    }

    @Override
    String unlock() {
        return "UNLOCK TABLES";
    }

    @Override
    String waitingReaders() {
        return "SELECT 1 FROM performance_schema.processlist WHERE state = 'Waiting for table metadata lock'"
                + " AND info LIKE 'SELECT 1 FROM %'";
    }
}
