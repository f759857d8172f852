package dev.shoofly.coordinator;

import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

class MySqlSplitIT extends SplitContract {
    @Override
    DatabaseServer server() {
        return TestServers.mysql();
    }

    @Override
    OrdersTable table() {
        return OrdersTable.MYSQL;
    }

    @Override
    List<String> ofThreeKinds() {
        return List.of("MODIFY amount decimal(14,4), ADD COLUMN status varchar(10) NOT NULL DEFAULT 'new',"
                + " ADD INDEX by_note (note(10))");
    }

    @Override
    List<String> thatFails() {
        return List.of("MODIFY note varchar(5) NOT NULL", "ADD COLUMN status varchar(10) NOT NULL DEFAULT 'new'");
    }

    @Override
    String computed(String column) {
        return "ADD COLUMN " + column + " decimal(12,2) AS (amount * 2) STORED";
    }

    @Override
    String retyped() {
        return "MODIFY amount decimal(14,4)";
    }

    @Override
    List<String> replacedIndex() {
        return List.of("ADD COLUMN hour int, DROP INDEX notes, ADD INDEX by_amount (amount)");
    }

    @Override
    String indexOf(String column) {
        return "ADD INDEX by_" + column + " (" + column + ")";
    }

    @Override
    String like() {
        return "LIKE orders";
    }

    @Override
    List<String> definition(MigrationFixture fixture, String table) throws SQLException {
        List<String> lines = new ArrayList<>(fixture.texts(
                "SELECT concat(column_name, ' ', column_type, ' ', is_nullable, ' ', coalesce(column_default, ''))"
                        + " FROM information_schema.columns WHERE table_schema = 'shop' AND table_name = '" + table
                        + "' ORDER BY ordinal_position"));
        lines.addAll(fixture.texts("SELECT concat('index ', index_name, ' ', column_name, ' ', coalesce(sub_part, 0))"
                + " FROM information_schema.statistics WHERE table_schema = 'shop' AND table_name = '" + table
                + "' ORDER BY index_name, seq_in_index"));
        return lines;
    }
}
