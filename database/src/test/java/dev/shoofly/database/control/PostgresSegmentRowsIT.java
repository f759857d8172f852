package dev.shoofly.database.control;

import dev.shoofly.model.MigrationId;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.PostgresVersion;
import dev.shoofly.servers.fixture.TestServers;

class PostgresSegmentRowsIT extends SegmentRowsContract {
    @Override
    DatabaseServer server() {
        return TestServers.postgres(PostgresVersion.V17);
    }

    @Override
    String agedClaims(MigrationId migration) {
        return "UPDATE shoofly.segments SET seen_at = seen_at - INTERVAL '60 seconds' WHERE migration_id = '"
                + migration + "'";
    }
}
