package dev.shoofly.coordinator;

import dev.shoofly.database.ChangeLog;
import dev.shoofly.model.MigrationId;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.PostgresVersion;
import dev.shoofly.servers.fixture.TestServers;
import java.sql.SQLException;
import java.util.List;

class PostgresDiskSpaceIT extends DiskSpaceContract {
    @Override
    DatabaseServer server() {
        return TestServers.postgres(PostgresVersion.V17);
    }

    @Override
    OrdersTable table() {
        return OrdersTable.POSTGRES;
    }

    @Override
    List<String> fillDisk(String table) {
        return List.of(
                "CREATE OR REPLACE FUNCTION public.full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE"
                        + " 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$",
                "CREATE TRIGGER full_disk BEFORE INSERT ON " + table
                        + " FOR EACH ROW EXECUTE FUNCTION public.full_disk()");
    }

    @Override
    List<String> freeDisk(String table) {
        return List.of("DROP TRIGGER full_disk ON " + table, "DROP FUNCTION public.full_disk()");
    }

    @Override
    String words() {
        return "No space left on device";
    }

    @Override
    boolean isCaptured(MigrationFixture fixture, MigrationId id) throws SQLException {
        return fixture.texts("SELECT active FROM pg_replication_slots WHERE slot_name = '" + ChangeLog.slot(id) + "'")
                .equals(List.of("t"));
    }
}
