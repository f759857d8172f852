package dev.shoofly.coordinator.strategy;

import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

class MySqlNativeRunIT extends NativeRunContract {
    @Override
    DatabaseServer server() {
        return TestServers.mysql();
    }

    @Override
    List<String> create() {
        return List.of(
                "DROP TABLE IF EXISTS parcels",
                "DROP TABLE IF EXISTS depots",
                "CREATE TABLE depots (id INT PRIMARY KEY)",
                "INSERT INTO depots VALUES (1), (2)",
                "CREATE TABLE parcels (id INT PRIMARY KEY, weight INT, label VARCHAR(20), depot INT, KEY (depot),"
                        + " CONSTRAINT parcels_weight CHECK (weight >= 0))");
    }

    @Override
    String uniqueLabel() {
        return "ADD UNIQUE KEY parcels_label (label)";
    }

    @Override
    String depot() {
        return "ADD CONSTRAINT parcels_depot FOREIGN KEY (depot) REFERENCES depots (id)";
    }

    @Override
    String named() {
        return "&connectionAttributes=program_name:shoofly";
    }

    @Override
    String waiting() {
        return "SELECT count(*) FROM performance_schema.metadata_locks WHERE object_name = 'parcels'"
                + " AND lock_status = 'PENDING'";
    }

    @Override
    String definition(Statement statement) throws SQLException {
        try (ResultSet row = statement.executeQuery("SHOW CREATE TABLE parcels")) {
            row.next();
            return row.getString(2);
        }
    }
}
