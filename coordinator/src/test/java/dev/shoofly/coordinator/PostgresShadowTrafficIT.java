package dev.shoofly.coordinator;

import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.PostgresVersion;
import dev.shoofly.servers.fixture.TestServers;

class PostgresShadowTrafficIT extends ShadowTrafficContract {
    @Override
    DatabaseServer server() {
        return TestServers.postgres(PostgresVersion.V15);
    }

    @Override
    OrdersTable table() {
        return OrdersTable.POSTGRES;
    }

    @Override
    String dropNotesIndexOf(String shadow) {
        return "DO $$ DECLARE name text; BEGIN SELECT indexrelid::regclass::text INTO name FROM pg_index"
                + " WHERE indrelid = '" + shadow + "'::regclass AND pg_get_indexdef(indexrelid, 1, true) = 'note';"
                + " EXECUTE 'DROP INDEX ' || name; END $$";
    }
}
