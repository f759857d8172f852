package dev.shoofly.cli.demo;

import dev.shoofly.cli.screen.ProgressText;
import dev.shoofly.cli.screen.Screen;
import dev.shoofly.database.DatabaseKind;
import dev.shoofly.database.connection.ConnectionProfile;
import dev.shoofly.database.connection.Secret;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.EmbeddedMySql;
import dev.shoofly.servers.EmbeddedPostgres;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.function.BooleanSupplier;

/** The demo's own server, with the filled table. */
final class DemoDatabase implements AutoCloseable {
    private static final long FILL_ROWS = 50_000;

    private final DatabaseServer server;
    private final DatabaseKind kind;

    DemoDatabase(DatabaseServer server, DatabaseKind kind) {
        this.server = server;
        this.kind = kind;
    }

    static DemoDatabase start(DatabaseKind kind, Path directory) {
        DatabaseServer server = switch (kind) {
            case MYSQL -> EmbeddedMySql.builder(directory).start();
            case POSTGRES -> EmbeddedPostgres.builder(directory).start();
        };
        return new DemoDatabase(server, kind);
    }

    ConnectionProfile profile() {
        return new ConnectionProfile(server.jdbcUrl(), server.user(), new Secret(server.password()));
    }

    /** Creates the table and makes its rows inside the server. */
    void fill(long rows, Screen screen, BooleanSupplier stopped) throws SQLException {
        OrdersTable table = OrdersTable.of(kind);
        ConnectionProfile profile = profile();
        try (Connection connection = DriverManager.getConnection(
                        profile.url(), profile.user(), profile.password().reveal());
                Statement statement = connection.createStatement()) {
            statement.execute(table.create());
            for (String setting : table.fillSettings()) {
                statement.execute(setting);
            }
            try (PreparedStatement fill = connection.prepareStatement(table.fill())) {
                for (long first = 1; first <= rows && !stopped.getAsBoolean(); first += FILL_ROWS) {
                    fill.setLong(1, first);
                    fill.setLong(2, Math.min(rows, first + FILL_ROWS - 1));
                    fill.executeUpdate();
                    screen.refresh("filling table orders: " + ProgressText.count(Math.min(rows, first + FILL_ROWS - 1))
                            + " of " + ProgressText.count(rows) + " rows");
                }
            }
            screen.endRefresh();
            for (String sql : table.afterFill(rows)) {
                statement.execute(sql);
            }
        }
    }

    /** For people. */
    static String name(DatabaseKind kind) {
        return switch (kind) {
            case MYSQL -> "MySQL 8.0";
            case POSTGRES -> "PostgreSQL 17";
        };
    }

    @Override
    public void close() {
        server.close();
    }
}
