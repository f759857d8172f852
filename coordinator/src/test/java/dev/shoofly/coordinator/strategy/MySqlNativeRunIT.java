package dev.shoofly.coordinator.strategy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.coordinator.MigrationOutcome;
import dev.shoofly.database.Database;
import dev.shoofly.database.Databases;
import dev.shoofly.database.connection.ConnectionProfile;
import dev.shoofly.database.connection.Secret;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.Test;

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

    @Test
    void aUserWithFarFewerPrivilegesThanAMigrationNeedsMayAlter() throws Exception {
        for (String statement : List.of(
                "CREATE DATABASE IF NOT EXISTS shoofly",
                "DROP USER IF EXISTS 'humble'@'%'",
                "CREATE USER 'humble'@'%' IDENTIFIED BY 'humble-secret'",
                "GRANT SELECT, INSERT, CREATE, DROP, ALTER, INDEX ON `shop`.* TO 'humble'@'%'",
                "GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, CREATE VIEW ON `shoofly`.* TO 'humble'@'%'",
                "GRANT SELECT ON `performance_schema`.* TO 'humble'@'%'",
                "GRANT PROCESS ON *.* TO 'humble'@'%'")) {
            execute(statement);
        }
        try (Database humble = Databases.open(
                new ConnectionProfile(server().jdbcUrl(), "humble", new Secret("humble-secret")),
                6,
                FaultPoints.NONE)) {
            assertThat(start(humble, "ADD COLUMN note varchar(20)")).isEqualTo(MigrationOutcome.COMPLETED);
            assertThat(start(humble, uniqueLabel())).isEqualTo(MigrationOutcome.COMPLETED);
        } finally {
            execute("DROP USER 'humble'@'%'");
        }
    }

    @Override
    String definition(Statement statement) throws SQLException {
        try (ResultSet row = statement.executeQuery("SHOW CREATE TABLE parcels")) {
            row.next();
            return row.getString(2);
        }
    }
}
