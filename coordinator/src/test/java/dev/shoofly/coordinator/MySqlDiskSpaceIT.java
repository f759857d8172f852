package dev.shoofly.coordinator;

import dev.shoofly.model.MigrationId;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;
import java.sql.SQLException;
import java.util.List;

class MySqlDiskSpaceIT extends DiskSpaceContract {
    @Override
    DatabaseServer server() {
        return TestServers.mysql();
    }

    @Override
    OrdersTable table() {
        return OrdersTable.MYSQL;
    }

    @Override
    List<String> fillDisk(String table) {
        return List.of("CREATE TRIGGER full_disk BEFORE INSERT ON " + table
                + " FOR EACH ROW SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1114, MESSAGE_TEXT = 'The table is full'");
    }

    @Override
    List<String> freeDisk(String table) {
        return List.of("DROP TRIGGER full_disk");
    }

    @Override
    String words() {
        return "The table is full (SQLState HY000, error 1114)";
    }

    @Override
    boolean isCaptured(MigrationFixture fixture, MigrationId id) throws SQLException {
        return !fixture.texts("SELECT id FROM information_schema.processlist WHERE command LIKE 'Binlog Dump%'")
                .isEmpty();
    }
}
