package dev.shoofly.coordinator;

import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.PostgresVersion;
import dev.shoofly.servers.fixture.TestServers;
import java.util.List;
import java.util.Map;

class PostgresHistoryIT extends HistoryContract {
    @Override
    DatabaseServer dedicatedServer() {
        // What a killed process has written stays without the disk's acknowledgement.
        return TestServers.dedicatedPostgres(PostgresVersion.V17, Map.of("fsync", "off"));
    }

    @Override
    OrdersTable table() {
        return OrdersTable.POSTGRES;
    }

    @Override
    String otherSessions() {
        return "SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'";
    }

    @Override
    String kill(String session) {
        return "SELECT pg_terminate_backend(" + session + ")";
    }

    @Override
    List<String> lastPoints() {
        return List.of("after-rename", "committed");
    }

    @Override
    String firstSwapped() {
        return "committed";
    }
}
