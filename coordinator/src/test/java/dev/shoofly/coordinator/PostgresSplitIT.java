package dev.shoofly.coordinator;

import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.PostgresVersion;
import dev.shoofly.servers.fixture.TestServers;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

class PostgresSplitIT extends SplitContract {
    @Override
    DatabaseServer server() {
        return TestServers.postgres(PostgresVersion.V17);
    }

    @Override
    OrdersTable table() {
        return OrdersTable.POSTGRES;
    }

    @Override
    List<String> ofThreeKinds() {
        return List.of(
                "ALTER COLUMN amount TYPE bigint, ADD COLUMN status varchar(10) NOT NULL DEFAULT 'new'",
                "CREATE INDEX by_note ON orders (left(note, 10))");
    }

    @Override
    List<String> thatFails() {
        return List.of("ALTER COLUMN note TYPE varchar(5), ADD COLUMN status varchar(10) NOT NULL DEFAULT 'new'");
    }

    @Override
    String computed(String column) {
        return "ADD COLUMN " + column + " uuid DEFAULT gen_random_uuid()";
    }

    @Override
    String retyped() {
        return "ALTER COLUMN amount TYPE bigint";
    }

    @Override
    List<String> replacedIndex() {
        return List.of("ADD COLUMN hour int", "DROP INDEX notes", "CREATE INDEX by_amount ON orders (amount)");
    }

    @Override
    String indexOf(String column) {
        return "CREATE INDEX by_" + column + " ON orders (" + column + ")";
    }

    @Override
    String like() {
        return "(LIKE orders INCLUDING ALL)";
    }

    @Override
    List<String> definition(MigrationFixture fixture, String table) throws SQLException {
        List<String> lines = new ArrayList<>(
                fixture.texts("SELECT attname || ' ' || format_type(atttypid, atttypmod) || ' ' || attnotnull FROM"
                        + " pg_attribute WHERE attrelid = '" + table
                        + "'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum"));
        lines.addAll(fixture.texts("SELECT regexp_replace(pg_get_indexdef(indexrelid), 'INDEX \\S+ ON \\S+', '') FROM"
                + " pg_index WHERE indrelid = '" + table + "'::regclass ORDER BY 1"));
        return lines;
    }
}
