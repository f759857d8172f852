package dev.shoofly.coordinator;

import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;
import java.util.List;
import java.util.Map;

class MySqlHistoryIT extends HistoryContract {
    @Override
    DatabaseServer dedicatedServer() {
        // What a killed process has written stays without the disk's acknowledgement.
        return TestServers.dedicatedMySql(Map.of("sync_binlog", "0", "innodb_flush_log_at_trx_commit", "2"));
    }

    @Override
    OrdersTable table() {
        return OrdersTable.MYSQL;
    }

    @Override
    String otherSessions() {
        return "SELECT id FROM information_schema.processlist WHERE id <> connection_id() AND command <> 'Daemon'"
                + " AND command NOT LIKE 'Binlog Dump%'";
    }

    @Override
    String kill(String session) {
        return "KILL " + session;
    }

    /** RENAME commits by itself, so the first is the last. */
    @Override
    List<String> lastPoints() {
        return List.of("unlocked");
    }

    @Override
    String firstSwapped() {
        return "after-rename";
    }
}
