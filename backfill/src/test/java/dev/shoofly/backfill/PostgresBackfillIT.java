package dev.shoofly.backfill;

import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.PostgresVersion;
import dev.shoofly.servers.fixture.TestServers;
import java.util.List;
import java.util.Map;

class PostgresBackfillIT extends BackfillContract {
    @Override
    DatabaseServer start() {
        return TestServers.dedicatedPostgres(PostgresVersion.V15, Map.of());
    }

    @Override
    List<String> alters() {
        return List.of("ALTER COLUMN total TYPE bigint, ADD COLUMN region text NOT NULL DEFAULT 'eu',"
                + " DROP COLUMN obsolete");
    }
}
