package dev.shoofly.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.coordinator.Doctor;
import dev.shoofly.coordinator.Doctor.Leftover;
import dev.shoofly.database.Database;
import dev.shoofly.database.DatabaseKind;
import dev.shoofly.database.Databases;
import dev.shoofly.database.connection.ConnectionProfile;
import dev.shoofly.database.connection.Secret;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.PostgresVersion;
import dev.shoofly.servers.fixture.TestServers;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** {@code doctor} finds what a migration of unknown fate left, and what it says removes it. */
class DoctorIT {
    private static final String GHOST = "gh0stgh0";

    private static DatabaseServer server(DatabaseKind kind) {
        return kind == DatabaseKind.MYSQL ? TestServers.mysql() : TestServers.postgres(PostgresVersion.V17);
    }

    private static List<String> leave(DatabaseKind kind) {
        List<String> tables = List.of(
                "CREATE TABLE _orders_" + GHOST + "_new (id int)",
                "CREATE TABLE _orders_" + GHOST + "_old (id int)",
                "CREATE TABLE _orders_" + GHOST + "_undone (id int)",
                "CREATE TABLE shoofly.kept_" + GHOST + " (id int)",
                // Of somebody else, although it looks a little like ours.
                "CREATE TABLE _orders_backup_old (id int)");
        return kind == DatabaseKind.MYSQL
                ? tables
                : List.of(
                        tables.get(0),
                        tables.get(1),
                        tables.get(2),
                        tables.get(3),
                        tables.get(4),
                        "SELECT pg_create_logical_replication_slot('shoofly_" + GHOST + "', 'pgoutput')",
                        "CREATE PUBLICATION shoofly_" + GHOST,
                        "CREATE SCHEMA shoofly_" + GHOST,
                        "CREATE TABLE marked (id int CONSTRAINT _shoofly_" + GHOST + "_1 CHECK (id IS NOT NULL))",
                        "CREATE INDEX _shoofly_" + GHOST + "_2 ON marked (id)");
    }

    @ParameterizedTest
    @EnumSource(DatabaseKind.class)
    void whatItSaysRemovesEveryLeftover(DatabaseKind kind) throws Exception {
        try (Connection connection = connect(kind);
                Statement statement = connection.createStatement();
                Database database = database(kind)) {
            database.control().install();
            for (String each : leave(kind)) {
                statement.execute(each);
            }
            try {
                List<Leftover> found = ghosts(database);
                assertThat(found).hasSize(leave(kind).size() - 1);
                for (Leftover leftover : found) {
                    statement.execute(leftover.removal());
                }
                assertThat(ghosts(database)).isEmpty();
            } finally {
                statement.execute("DROP TABLE IF EXISTS _orders_backup_old, _orders_" + GHOST + "_new, _orders_" + GHOST
                        + "_old, _orders_" + GHOST + "_undone, shoofly.kept_" + GHOST + ", marked");
            }
        }
    }

    @ParameterizedTest
    @EnumSource(DatabaseKind.class)
    void aFitServerHasNoProblem(DatabaseKind kind) {
        try (Database database = database(kind)) {
            assertThat(new Doctor(database).examine(Optional.empty()).problems())
                    .isEmpty();
        }
    }

    @Test
    void topicsOfAMigrationThatIsNotKnownAreFound() throws Exception {
        String servers = TestServers.kafka().bootstrapServers();
        String topic = "shoofly." + GHOST + ".changes";
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", servers));
                Database database = database(DatabaseKind.POSTGRES)) {
            admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1))).all().get();
            try {
                assertThat(new Doctor(database).examine(Optional.of(servers)).leftovers())
                        .anySatisfy(leftover -> assertThat(leftover.what()).isEqualTo("topic " + topic));
            } finally {
                admin.deleteTopics(List.of(topic)).all().get();
            }
        }
    }

    private static List<Leftover> ghosts(Database database) {
        return new Doctor(database)
                .examine(Optional.empty()).leftovers().stream()
                        .filter(leftover -> leftover.migration().equals(GHOST))
                        .toList();
    }

    private static Database database(DatabaseKind kind) {
        DatabaseServer server = server(kind);
        return Databases.open(
                new ConnectionProfile(server.jdbcUrl(), server.user(), new Secret(server.password())),
                2,
                FaultPoints.NONE);
    }

    private static Connection connect(DatabaseKind kind) throws SQLException {
        DatabaseServer server = server(kind);
        return DriverManager.getConnection(server.jdbcUrl(), server.user(), server.password());
    }
}
