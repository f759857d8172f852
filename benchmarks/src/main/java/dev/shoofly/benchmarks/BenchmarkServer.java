package dev.shoofly.benchmarks;

import dev.shoofly.benchmarks.reference.ConnectionSource;
import dev.shoofly.database.DatabaseKind;
import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.database.connection.ConnectionProfile;
import dev.shoofly.database.connection.Secret;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.EmbeddedMySql;
import dev.shoofly.servers.EmbeddedPostgres;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A database server of the benchmark's own, durable as in production. Thread-safe. */
final class BenchmarkServer implements ConnectionSource, AutoCloseable {
    private static final Duration SETTLES_WITHIN = Duration.ofMinutes(2);
    private static final long GLANCE_MILLIS = 50;
    /** Pages of InnoDB that are always about to be written: its own tables'. */
    private static final long FEW_DIRTY_PAGES = 100;

    private final DatabaseServer server;
    private final DatabaseKind kind;
    private final CpuTime cpuTime;

    private BenchmarkServer(DatabaseServer server, DatabaseKind kind, long processId) {
        this.server = server;
        this.kind = kind;
        this.cpuTime = new CpuTime(processId);
    }

    /** @param settings by which it differs from {@code ServerDefaults} */
    static BenchmarkServer start(DatabaseKind kind, Path directory, Map<String, String> settings) {
        switch (kind) {
            case MYSQL -> {
                EmbeddedMySql server =
                        EmbeddedMySql.builder(directory).settings(settings).start();
                return new BenchmarkServer(server, kind, server.processId());
            }
            case POSTGRES -> {
                EmbeddedPostgres server =
                        EmbeddedPostgres.builder(directory).settings(settings).start();
                return new BenchmarkServer(server, kind, server.processId());
            }
        }
        throw new IllegalArgumentException("no server of kind " + kind);
    }

    DatabaseKind kind() {
        return kind;
    }

    CpuTime cpuTime() {
        return cpuTime;
    }

    ConnectionProfile profile() {
        return new ConnectionProfile(server.jdbcUrl(), server.user(), new Secret(server.password()));
    }

    /** A plain connection, as an application has it, with the driver told to send batches as such. */
    @Override
    public Connection connect() throws SQLException {
        String url = switch (kind) {
            case MYSQL -> server.jdbcUrl() + "&rewriteBatchedStatements=true&useLocalSessionState=true";
            case POSTGRES -> server.jdbcUrl() + "?reWriteBatchedInserts=true";
        };
        Connection connection = DriverManager.getConnection(url, server.user(), server.password());
        connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
        return connection;
    }

    /**
     * A connection that passes for one of the migration's own: its throttle goes by whether others are at work, and who only
     * watches it must not slow it down.
     */
    Connection connectUnnoticed() throws SQLException {
        String url = switch (kind) {
            case MYSQL -> server.jdbcUrl() + "&connectionAttributes=program_name:" + ConnectionProfile.PROGRAM;
            case POSTGRES -> server.jdbcUrl() + "?ApplicationName=" + ConnectionProfile.PROGRAM;
        };
        return DriverManager.getConnection(url, server.user(), server.password());
    }

    /**
     * Between two measurements: what the one before still has to write to disk does not slow down the next, which begins
     * with an empty redo log; and the logs of both do not fill the disk. Nothing may be reading the log.
     */
    void settle() throws SQLException, InterruptedException {
        try (Connection connection = connect()) {
            switch (kind) {
                case MYSQL -> {
                    ConnectionPool.execute(connection, "FLUSH BINARY LOGS");
                    ConnectionPool.execute(connection, "PURGE BINARY LOGS BEFORE NOW()");
                    flushDirtyPages(connection);
                }
                case POSTGRES -> ConnectionPool.execute(connection, "CHECKPOINT");
            }
        }
    }

    private static void flushDirtyPages(Connection connection) throws SQLException, InterruptedException {
        long giveUpAt = System.nanoTime() + SETTLES_WITHIN.toNanos();
        String usual = text(connection, "SELECT @@GLOBAL.innodb_max_dirty_pages_pct", 1);
        ConnectionPool.execute(connection, "SET GLOBAL innodb_max_dirty_pages_pct = 0");
        String dirty = "SHOW GLOBAL STATUS LIKE 'Innodb_buffer_pool_pages_dirty'";
        while (Long.parseLong(text(connection, dirty, 2)) > FEW_DIRTY_PAGES) {
            if (System.nanoTime() > giveUpAt) {
                throw new BenchmarkFailure("the server did not write its pages within " + SETTLES_WITHIN);
            }
            TimeUnit.MILLISECONDS.sleep(GLANCE_MILLIS);
        }
        ConnectionPool.execute(connection, "SET GLOBAL innodb_max_dirty_pages_pct = " + usual);
    }

    private static String text(Connection connection, String query, int column) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            rows.next();
            return rows.getString(column);
        }
    }

    @Override
    public void close() {
        server.close();
    }
}
