package dev.shoofly.coordinator;

import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.PostgresVersion;
import dev.shoofly.servers.fixture.TestServers;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;

class PostgresRealDuplicatesIT extends RealDuplicatesContract {
    @BeforeEach
    void addTheTypeBlindToCase() throws SQLException {
        try (Connection connection =
                        DriverManager.getConnection(server().jdbcUrl(), server().user(), server().password());
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE EXTENSION IF NOT EXISTS citext");
        }
    }

    @Override
    DatabaseServer server() {
        return TestServers.postgres(PostgresVersion.V15);
    }

    @Override
    OrdersTable orders() {
        return OrdersTable.POSTGRES;
    }

    @Override
    String mailType() {
        return "varchar(40)";
    }

    @Override
    List<String> blindToCase() {
        return List.of("ALTER COLUMN mail TYPE citext");
    }

    @Override
    List<String> uniqueMail() {
        return List.of("ADD CONSTRAINT one_of_each UNIQUE (mail)");
    }
}
