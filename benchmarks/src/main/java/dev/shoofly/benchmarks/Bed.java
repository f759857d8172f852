package dev.shoofly.benchmarks;

import dev.shoofly.database.Database;
import dev.shoofly.database.DatabaseKind;
import dev.shoofly.database.Databases;
import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.database.connection.ConnectionProfile;
import dev.shoofly.database.connection.Secret;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.EmbeddedKafka;
import dev.shoofly.servers.EmbeddedMySql;
import dev.shoofly.servers.EmbeddedPostgres;
import dev.shoofly.servers.FileTree;
import dev.shoofly.servers.KafkaBroker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;

/** A database server and a broker of the benchmark's own, durable as in production, in a directory that vanishes. */
final class Bed implements AutoCloseable {
    /** Enough for eight writers and what stands beside them. */
    private static final int WORKERS = 20;

    private final Path directory;
    private final DatabaseServer server;
    private final KafkaBroker kafka;
    private final CpuTime cpuTime;
    private final Database database;

    private Bed(Path directory, DatabaseServer server, KafkaBroker kafka) {
        this.directory = directory;
        this.server = server;
        this.kafka = kafka;
        this.cpuTime = new CpuTime(processId(server));
        this.database = Databases.open(profile(), WORKERS, FaultPoints.NONE);
    }

    /** Starts both servers and installs the control tables. */
    static Bed start(DatabaseKind kind) throws IOException {
        Path directory = Files.createTempDirectory("shoofly-benchmark-");
        DatabaseServer server = null;
        KafkaBroker kafka = null;
        try {
            server = switch (kind) {
                case MYSQL ->
                    EmbeddedMySql.builder(directory.resolve("database")).start();
                case POSTGRES ->
                    EmbeddedPostgres.builder(directory.resolve("database"))
                            // Would hit whichever side is being measured; see tidy.
                            .setting("autovacuum", "off")
                            .setting("max_wal_size", "4GB")
                            // As much as MySQL's buffer pool has.
                            .setting("shared_buffers", "512MB")
                            .start();
            };
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

    private static long processId(DatabaseServer server) {
        if (server instanceof EmbeddedMySql mySql) {
            return mySql.processId();
        }
        if (server instanceof EmbeddedPostgres postgres) {
            return postgres.processId();
        }
        throw new IllegalStateException("not an embedded server: " + server);
    }

    ConnectionProfile profile() {
        return new ConnectionProfile(server.jdbcUrl(), server.user(), new Secret(server.password()));
    }

    Database database() {
        return database;
    }

    DatabaseKind kind() {
        return database.kind();
    }

    CpuTime cpuTime() {
        return cpuTime;
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

    /** A plain connection, as an application has it, with the driver told to send batches as such. */
    Connection connect() throws SQLException {
        String url = switch (kind()) {
            case MYSQL -> server.jdbcUrl() + "&rewriteBatchedStatements=true&useLocalSessionState=true";
            case POSTGRES -> server.jdbcUrl() + "?reWriteBatchedInserts=true";
        };
        Connection connection = DriverManager.getConnection(url, server.user(), server.password());
        connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
        return connection;
    }

    @Override
    public void close() throws IOException {
        database.close();
        kafka.close();
        server.close();
        FileTree.delete(directory);
    }
}
