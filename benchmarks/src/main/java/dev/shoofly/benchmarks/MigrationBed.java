package dev.shoofly.benchmarks;

import dev.shoofly.database.DatabaseKind;
import dev.shoofly.servers.FileTree;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;

/**
 * A database server for whole migrations, which bring their own broker, in a directory that vanishes. It has the settings
 * that other tools' figures were measured with.
 */
final class MigrationBed implements AutoCloseable {
    private final Path directory;
    private final BenchmarkServer server;
    private final Map<String, String> settings;
    private final double loadAtBegin;

    private MigrationBed(Path directory, BenchmarkServer server, Map<String, String> settings, double loadAtBegin) {
        this.directory = directory;
        this.server = server;
        this.settings = settings;
        this.loadAtBegin = loadAtBegin;
    }

    /** For a server on which nothing but what is measured may be at work. */
    static MigrationBed startIdle(DatabaseKind kind) throws IOException {
        return start(
                kind,
                switch (kind) {
                    case MYSQL -> Map.of();
                    // Would hit whichever side is being measured when it wakes up.
                    case POSTGRES -> Map.of("autovacuum", "off");
                });
    }

    /** For a server that works as in production. */
    static MigrationBed startBusy(DatabaseKind kind) throws IOException {
        return start(kind, Map.of());
    }

    private static MigrationBed start(DatabaseKind kind, Map<String, String> more) throws IOException {
        Map<String, String> settings = new HashMap<>(more);
        settings.putAll(
                switch (kind) {
                    case MYSQL ->
                        Map.of(
                                "innodb_buffer_pool_size",
                                "2G",
                                "innodb_redo_log_capacity",
                                "1G",
                                "innodb_flush_method",
                                "O_DIRECT",
                                "innodb_log_spin_cpu_pct_hwm",
                                "0");
                    case POSTGRES -> Map.of("shared_buffers", "2GB", "max_wal_size", "4GB");
                });
        double load = ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
        Path directory = Files.createTempDirectory("shoofly-benchmark-");
        try {
            BenchmarkServer server = BenchmarkServer.start(kind, directory.resolve("database"), settings);
            return new MigrationBed(directory, server, settings, load);
        } catch (RuntimeException e) {
            FileTree.delete(directory);
            throw e;
        }
    }

    BenchmarkServer server() {
        return server;
    }

    Path directory(String name) {
        return directory.resolve(name);
    }

    /** What the figures depend on; the caller adds sizes. */
    Map<String, Object> conditions() throws SQLException {
        Map<String, Object> conditions = Conditions.of(server);
        // What others do: at the report the load is that of the benchmark itself.
        conditions.put("loadAtBegin", loadAtBegin);
        conditions.put("serverSettings", settings);
        return conditions;
    }

    @Override
    public void close() throws IOException {
        server.close();
        FileTree.delete(directory);
    }
}
