package dev.shoofly.coordinator;

import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.PostgresVersion;
import dev.shoofly.servers.fixture.ReplicatedPostgres;
import java.io.IOException;
import java.sql.SQLException;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

class PostgresReplicaThrottleIT extends ReplicaThrottleContract {
    private static ReplicatedPostgres servers;

    @BeforeAll
    static void startBoth() throws SQLException, IOException {
        servers = ReplicatedPostgres.start(PostgresVersion.V17, Map.of());
    }

    @AfterAll
    static void stopBoth() {
        servers.close();
    }

    @Override
    OrdersTable table() {
        return OrdersTable.POSTGRES;
    }

    @Override
    DatabaseServer primary() {
        return servers.primary();
    }

    @Override
    DatabaseServer replica() {
        return servers.standby();
    }

    @Override
    String replicaName() {
        return "standby_1";
    }

    @Override
    void stopReplaying() throws SQLException {
        servers.onStandby("SELECT pg_wal_replay_pause()");
    }

    @Override
    void replay() throws SQLException {
        servers.onStandby("SELECT pg_wal_replay_resume()");
    }
}
