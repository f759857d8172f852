package dev.shoofly.database.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.database.Database;
import dev.shoofly.database.DatabaseKind;
import dev.shoofly.database.Databases;
import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.database.connection.ConnectionProfile;
import dev.shoofly.database.connection.Secret;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationId;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;

class MySqlControlSchemaIT extends ControlSchemaContract {
    @Override
    DatabaseServer server() {
        return TestServers.mysql();
    }

    /** A marker that its writer takes for committed, and that the log does not carry, would stop every fence. */
    @Test
    void whatIsWrittenIsCommittedAlsoWhereTheServerLeavesThatToItsClients() throws Exception {
        MigrationId id = MigrationId.random(new SecureRandom());
        try (DatabaseServer server = TestServers.dedicatedMySql(Map.of("autocommit", "0"))) {
            ConnectionProfile profile =
                    new ConnectionProfile(server.jdbcUrl(), server.user(), new Secret(server.password()));
            assertThat(byDefaultCommitted(server)).isZero();
            try (Database database = Databases.open(profile, 2, FaultPoints.NONE)) {
                database.control().install();
                database.control().markers().create(id);
                long marker = database.control().markers().next(id);
                assertThat(seenByOthers(server, id)).isEqualTo(marker).isEqualTo(1);
            }
            // The capture's sessions have none of our settings.
            try (ConnectionPool pool = new ConnectionPool(profile, "bare", 1, List.of(), new Properties())) {
                long marker =
                        new ControlTables(pool, DatabaseKind.MYSQL).markers().next(id);
                assertThat(seenByOthers(server, id)).isEqualTo(marker).isEqualTo(2);
            }
        }
    }

    private static int byDefaultCommitted(DatabaseServer server) throws SQLException {
        try (Connection connection = DriverManager.getConnection(server.jdbcUrl(), server.user(), server.password());
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT @@GLOBAL.autocommit")) {
            assertThat(row.next()).isTrue();
            return row.getInt(1);
        }
    }

    private static long seenByOthers(DatabaseServer server, MigrationId id) throws SQLException {
        try (Connection connection = DriverManager.getConnection(server.jdbcUrl(), server.user(), server.password())) {
            return MarkerRows.read(connection, id);
        }
    }
}
