package dev.shoofly.backfill;

import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;
import java.util.List;
import java.util.Map;

class MySqlBackfillIT extends BackfillContract {
    @Override
    DatabaseServer start() {
        return TestServers.dedicatedMySql(Map.of());
    }

    @Override
    List<String> alters() {
        return List.of("MODIFY total bigint, ADD COLUMN region varchar(10) NOT NULL DEFAULT 'eu', DROP COLUMN obsolete,"
                + " ADD INDEX by_customer (customer)");
    }
}
