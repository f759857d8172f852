package dev.shoofly.servers.containers;

import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.ServerException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.testcontainers.containers.JdbcDatabaseContainer;

/** A database server in a container; stopping and killing it keeps the container and so its data. */
final class ContainerDatabase implements DatabaseServer {
    private static final Duration START_LIMIT = Duration.ofMinutes(2);
    private static final int STOP_SECONDS = 30;
    private static final long PAUSE_MILLIS = 100;

    private final JdbcDatabaseContainer<?> container;
    private final int port;

    private ContainerDatabase(JdbcDatabaseContainer<?> container, int port) {
        this.container = container;
        this.port = port;
    }

    static ContainerDatabase start(JdbcDatabaseContainer<?> container, int port, int containerPort) {
        // Docker picks a new host port at every restart unless it is bound to one.
        container.setPortBindings(List.of(port + ":" + containerPort));
        container.withStartupTimeout(START_LIMIT);
        container.start();
        return new ContainerDatabase(container, port);
    }

    @Override
    public String jdbcUrl() {
        return container.getJdbcUrl();
    }

    @Override
    public String user() {
        return container.getUsername();
    }

    @Override
    public String password() {
        return container.getPassword();
    }

    @Override
    public String host() {
        return container.getHost();
    }

    @Override
    public int port() {
        return port;
    }

    @Override
    public String database() {
        return container.getDatabaseName();
    }

    @Override
    public void restart() {
        container
                .getDockerClient()
                .restartContainerCmd(container.getContainerId())
                .withTimeout(STOP_SECONDS)
                .exec();
        awaitConnections();
    }

    private void awaitConnections() {
        long end = System.nanoTime() + START_LIMIT.toNanos();
        while (true) {
            try (Connection connection = DriverManager.getConnection(jdbcUrl(), user(), password())) {
                if (connection.isValid(1)) {
                    return;
                }
            } catch (SQLException e) {
                if (System.nanoTime() > end) {
                    throw new ServerException(
                            "the container " + container.getDockerImageName() + " did not accept connections within "
                                    + START_LIMIT.toSeconds() + " s of its restart. Its log: docker logs "
                                    + container.getContainerId(),
                            e);
                }
            }
            pause();
        }
    }

    private static void pause() {
        try {
            Thread.sleep(PAUSE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ServerException("interrupted while waiting for a database container", e);
        }
    }

    @Override
    public void kill() {
        container.getDockerClient().killContainerCmd(container.getContainerId()).exec();
    }

    @Override
    public void close() {
        container.stop();
    }
}
