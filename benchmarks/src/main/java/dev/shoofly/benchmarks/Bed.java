package dev.shoofly.benchmarks;

import dev.shoofly.database.Database;
import dev.shoofly.database.DatabaseKind;
import dev.shoofly.database.Databases;
import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.database.connection.ConnectionProfile;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.servers.EmbeddedKafka;
import dev.shoofly.servers.FileTree;
import dev.shoofly.servers.KafkaBroker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;

/** A database server and a broker of the benchmark's own, durable as in production, in a directory that vanishes. */
final class Bed implements AutoCloseable {
    /** Enough for eight writers and what stands beside them. */
    private static final int WORKERS = 20;

    private final Path directory;
    private final BenchmarkServer server;
    private final KafkaBroker kafka;
    private final Database database;

    private Bed(Path directory, BenchmarkServer server, KafkaBroker kafka) {
        this.directory = directory;
        this.server = server;
        this.kafka = kafka;
        this.database = Databases.open(server.profile(), WORKERS, FaultPoints.NONE);
    }

    /** Starts both servers and installs the control tables. */
    static Bed start(DatabaseKind kind) throws IOException {
        Path directory = Files.createTempDirectory("shoofly-benchmark-");
        BenchmarkServer server = null;
        KafkaBroker kafka = null;
        try {
            server = BenchmarkServer.start(kind, directory.resolve("database"), settings(kind));
            kafka = EmbeddedKafka.start(directory.resolve("kafka"));
            Bed bed = new Bed(directory, server, kafka);
            bed.database.control().install();
            return bed;
        } catch (RuntimeException e) {
            if (kafka != null) {
                kafka.close();
            }
            if (server != null) {
                server.close();
            }
            FileTree.delete(directory);
            throw e;
        }
    }

    private static Map<String, String> settings(DatabaseKind kind) {
        return switch (kind) {
            case MYSQL -> Map.of();
            case POSTGRES ->
                Map.of(
                        // Would hit whichever side is being measured; see tidy.
                        "autovacuum", "off",
                        "max_wal_size", "4GB",
                        // As much as MySQL's buffer pool has.
                        "shared_buffers", "512MB");
        };
    }

    BenchmarkServer server() {
        return server;
    }

    ConnectionProfile profile() {
        return server.profile();
    }

    Database database() {
        return database;
    }

    DatabaseKind kind() {
        return server.kind();
    }

    CpuTime cpuTime() {
        return server.cpuTime();
    }

    /** Between two measurements: leaves neither side's dead rows to the other. */
    void tidy(String... tables) throws SQLException {
        if (kind() == DatabaseKind.POSTGRES) {
            try (Connection connection = connect()) {
                for (String table : tables) {
                    ConnectionPool.execute(connection, "VACUUM ANALYZE \"" + table + "\"");
                }
                ConnectionPool.execute(connection, "CHECKPOINT");
            }
        }
    }

    String bootstrapServers() {
        return kafka.bootstrapServers();
    }

    Path directory(String name) {
        return directory.resolve(name);
    }

    Connection connect() throws SQLException {
        return server.connect();
    }

    @Override
    public void close() throws IOException {
        database.close();
        kafka.close();
        server.close();
        FileTree.delete(directory);
    }
}
