package dev.shoofly.servers.containers;

import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.KafkaBroker;
import dev.shoofly.servers.LoopbackPort;
import dev.shoofly.servers.PostgresVersion;
import dev.shoofly.servers.ServerDefaults;
import dev.shoofly.servers.fixture.ServerProvider;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.mysql.MySQLContainer;
import org.testcontainers.postgresql.PostgreSQLContainer;

/** Servers in containers, each at a fixed host port so that a restart keeps its address. */
public final class ContainerServers implements ServerProvider {
    private static final String MYSQL_IMAGE = "mysql:8.0";
    private static final String POSTGRES_IMAGE = "postgres:";
    private static final String DATABASE = "shop";
    private static final String PASSWORD = "shoofly";

    /** Refuses when no Docker engine answers. */
    public ContainerServers() {
        if (!DockerClientFactory.instance().isDockerAvailable()) {
            throw new IllegalStateException("-Dshoofly.servers=containers needs a Docker engine, and none answers at"
                    + " DOCKER_HOST or /var/run/docker.sock. Start one, or leave the property out to use the embedded"
                    + " servers.");
        }
    }

    @Override
    public DatabaseServer mySql(Map<String, String> settings) {
        int port = LoopbackPort.choose();
        List<String> command = new ArrayList<>(List.of("mysqld", "--server-id=" + port));
        command.addAll(ServerDefaults.mySqlOptions(settings));
        MySQLContainer container = new MySQLContainer(MYSQL_IMAGE)
                .withDatabaseName(DATABASE)
                .withUsername("root")
                .withPassword(PASSWORD)
                .withUrlParam("useSSL", "false")
                .withUrlParam("allowPublicKeyRetrieval", "true")
                .withCommand(command.toArray(String[]::new));
        return ContainerDatabase.start(container, port, MySQLContainer.MYSQL_PORT);
    }

    /** Settings go on the command line here, so {@code ALTER SYSTEM} cannot change them. */
    @Override
    public DatabaseServer postgres(PostgresVersion version, Map<String, String> settings) {
        Map<String, String> merged = new HashMap<>(ServerDefaults.postgres());
        merged.putAll(settings);
        List<String> command = new ArrayList<>(List.of("postgres"));
        merged.forEach((name, value) -> command.addAll(List.of("-c", name + "=" + value)));
        PostgreSQLContainer container = new PostgreSQLContainer(POSTGRES_IMAGE + version.major())
                .withDatabaseName(DATABASE)
                .withUsername("postgres")
                .withPassword(PASSWORD)
                .withCommand(command.toArray(String[]::new));
        return ContainerDatabase.start(container, LoopbackPort.choose(), PostgreSQLContainer.POSTGRESQL_PORT);
    }

    @Override
    public KafkaBroker kafka(Path dataDirectory) {
        return ContainerKafka.start(dataDirectory);
    }
}
