package dev.shoofly.coordinator.strategy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.PostgresVersion;
import dev.shoofly.servers.fixture.TestServers;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

class PostgresNativeRunIT extends NativeRunContract {
    @Override
    DatabaseServer server() {
        return TestServers.postgres(PostgresVersion.V15);
    }

    @Override
    List<String> create() {
        return List.of(
                "DROP TABLE IF EXISTS parcels",
                "DROP TABLE IF EXISTS depots",
                "CREATE TABLE depots (id int PRIMARY KEY)",
                "INSERT INTO depots VALUES (1), (2)",
                "CREATE TABLE parcels (id int PRIMARY KEY, weight int CHECK (weight >= 0), label varchar(20), depot int)");
    }

    @Override
    String uniqueLabel() {
        return "ADD CONSTRAINT parcels_label UNIQUE (label)";
    }

    @Override
    String depot() {
        return "ADD CONSTRAINT parcels_depot FOREIGN KEY (depot) REFERENCES depots (id)";
    }

    @Override
    String named() {
        return "?ApplicationName=shoofly";
    }

    @Override
    String waiting() {
        return "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'shoofly' AND wait_event_type = 'Lock'";
    }

    @Override
    String definition(Statement statement) throws SQLException {
        List<String> lines = SchemaChangesContract.texts(
                statement,
                "SELECT line FROM (SELECT format('%s %s %s', attname, format_type(atttypid, atttypmod), attnotnull) AS line"
                        + " FROM pg_attribute WHERE attrelid = 'parcels'::regclass AND attnum > 0 AND NOT attisdropped"
                        + " UNION ALL SELECT pg_get_indexdef(indexrelid) || indisvalid FROM pg_index"
                        + " WHERE indrelid = 'parcels'::regclass"
                        + " UNION ALL SELECT conname || pg_get_constraintdef(oid) || convalidated FROM pg_constraint"
                        + " WHERE conrelid = 'parcels'::regclass) l ORDER BY line");
        assertThat(lines).isNotEmpty();
        return String.join("\n", lines);
    }
}
