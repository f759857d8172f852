package dev.shoofly.coordinator;

import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;
import java.time.Duration;
import java.util.List;

class MySqlSlowCommitsIT extends SlowCommitsContract {
    @Override
    DatabaseServer server() {
        return TestServers.mysql();
    }

    @Override
    OrdersTable table() {
        return OrdersTable.MYSQL;
    }

    /** Microseconds. Meant for larger groups; a commit that is alone waits for as long. */
    @Override
    List<String> slow() {
        return List.of("SET GLOBAL binlog_group_commit_sync_delay = 250000");
    }

    @Override
    List<String> asBefore() {
        return List.of("SET GLOBAL binlog_group_commit_sync_delay = 0");
    }

    @Override
    Duration limit() {
        return Duration.ofMillis(100);
    }
}
