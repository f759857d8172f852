package dev.shoofly.coordinator;

import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.PostgresVersion;
import dev.shoofly.servers.fixture.TestServers;
import java.time.Duration;
import java.util.List;

class PostgresSlowCommitsIT extends SlowCommitsContract {
    @Override
    DatabaseServer server() {
        return TestServers.postgres(PostgresVersion.V17);
    }

    @Override
    OrdersTable table() {
        return OrdersTable.POSTGRES;
    }

    /** The longest there is, in microseconds; whether or not others are about to commit. */
    @Override
    List<String> slow() {
        return List.of(
                "ALTER SYSTEM SET commit_delay = 100000",
                "ALTER SYSTEM SET commit_siblings = 0",
                "SELECT pg_reload_conf()");
    }

    @Override
    List<String> asBefore() {
        return List.of(
                "ALTER SYSTEM RESET commit_delay", "ALTER SYSTEM RESET commit_siblings", "SELECT pg_reload_conf()");
    }

    @Override
    Duration limit() {
        return Duration.ofMillis(45);
    }
}
