package dev.shoofly.backfill;

import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.PostgresVersion;
import dev.shoofly.servers.fixture.TestServers;

class PostgresZombieCopierIT extends ZombieCopierContract {
    @Override
    DatabaseServer server() {
        return TestServers.postgres(PostgresVersion.V15);
    }

    @Override
    String lockWaits() {
        return "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'";
    }

    @Override
    String sessionsToEnd() {
        return "SELECT format('SELECT pg_terminate_backend(%s)', pid) FROM pg_stat_activity WHERE state = 'idle in"
                + " transaction' AND application_name = 'shoofly'";
    }
}
