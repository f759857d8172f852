package dev.shoofly.database.control;

import dev.shoofly.model.MigrationId;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;

class MySqlSegmentRowsIT extends SegmentRowsContract {
    @Override
    DatabaseServer server() {
        return TestServers.mysql();
    }

    @Override
    String agedClaims(MigrationId migration) {
        return "UPDATE shoofly.segments SET seen_at = seen_at - INTERVAL 60 SECOND WHERE migration_id = '" + migration
                + "'";
    }
}
