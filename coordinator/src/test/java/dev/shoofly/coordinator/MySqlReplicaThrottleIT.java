package dev.shoofly.coordinator;

import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.ReplicatedMySql;
import java.sql.SQLException;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

class MySqlReplicaThrottleIT extends ReplicaThrottleContract {
    private static ReplicatedMySql servers;

    @BeforeAll
    static void startBoth() throws SQLException {
        servers = ReplicatedMySql.start(Map.of("report_host", "127.0.0.1"));
    }

    @AfterAll
    static void stopBoth() {
        servers.close();
    }

    @Override
    OrdersTable table() {
        return OrdersTable.MYSQL;
    }

    @Override
    DatabaseServer primary() {
        return servers.primary();
    }

    @Override
    DatabaseServer replica() {
        return servers.replica();
    }

    @Override
    String replicaName() {
        return "127.0.0.1:" + servers.replica().port();
    }

    @Override
    void stopReplaying() throws SQLException {
        servers.onReplica("STOP REPLICA SQL_THREAD");
    }

    @Override
    void replay() throws SQLException {
        servers.onReplica("START REPLICA SQL_THREAD");
    }
}
