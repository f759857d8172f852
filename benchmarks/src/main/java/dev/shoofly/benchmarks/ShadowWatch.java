package dev.shoofly.benchmarks;

import dev.shoofly.benchmarks.reference.ReferenceTable;
import dev.shoofly.database.DatabaseKind;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Looks into the server's catalog ten times a second for the shadow's indexes: when the last of them was there, and for
 * how long one was being built, wherever in its phases a migration does that. Owns its thread.
 */
final class ShadowWatch implements AutoCloseable {
    private static final long EVERY_MILLIS = 100;

    private final ReferenceTable table;
    private final Connection connection;
    private final DatabaseKind kind;
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor();
    private final ScheduledFuture<?> looking;
    private @Nullable String shadow;
    private OptionalLong completeSinceMillis = OptionalLong.empty();
    private final List<Long> buildingAtMillis = new ArrayList<>();
    private boolean gone;

    ShadowWatch(BenchmarkServer server) throws SQLException {
        this.kind = server.kind();
        this.table = ReferenceTable.of(kind);
        this.connection = server.connectUnnoticed();
        this.looking = thread.scheduleWithFixedDelay(this::look, EVERY_MILLIS, EVERY_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** When all indexes were there and stayed, in milliseconds of the epoch; empty: they were never seen together. */
    synchronized OptionalLong completeSinceMillis() {
        requireAlive();
        return completeSinceMillis;
    }

    /** For how long statements that build indexes of the shadow were seen since a moment of the epoch. */
    synchronized Duration buildingSince(long millis) {
        requireAlive();
        long looks = buildingAtMillis.stream().filter(at -> at >= millis).count();
        return Duration.ofMillis(looks * EVERY_MILLIS);
    }

    private void requireAlive() {
        if (looking.isDone()) {
            throw new BenchmarkFailure("the look into the server's catalog failed; is the server there?");
        }
    }

    private synchronized void look() {
        try {
            if (shadow == null) {
                shadow = find();
            }
            String name = shadow;
            if (name == null || gone) {
                return;
            }
            if (!exists(name)) {
                // Renamed by the swap: what was seen last holds.
                gone = true;
                return;
            }
            boolean complete = table.indexes(connection, name).size() >= ReferenceTable.INDEXES.size();
            if (!complete) {
                completeSinceMillis = OptionalLong.empty();
            } else if (completeSinceMillis.isEmpty()) {
                completeSinceMillis = OptionalLong.of(System.currentTimeMillis());
            }
            if (isBuilding(name)) {
                buildingAtMillis.add(System.currentTimeMillis());
            }
        } catch (SQLException e) {
            throw new IllegalStateException("cannot look at the shadow", e);
        }
    }

    private @Nullable String find() throws SQLException {
        String sql = switch (kind) {
            case MYSQL ->
                "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()"
                        + " AND table_name REGEXP '^_orders_.*_new$'";
            case POSTGRES -> "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname ~ '^_orders_.*_new$'";
        };
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            return rows.next() ? rows.getString(1) : null;
        }
    }

    private boolean exists(String name) throws SQLException {
        return isTrue(
                switch (kind) {
                    case MYSQL ->
                        "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE()"
                                + " AND table_name = ?";
                    case POSTGRES -> "SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relname = ?";
                },
                name);
    }

    private boolean isBuilding(String name) throws SQLException {
        return isTrue(
                switch (kind) {
                    case MYSQL ->
                        "SELECT COUNT(*) FROM information_schema.processlist WHERE command = 'Query'"
                                + " AND info REGEXP '^(ALTER|CREATE)' AND LOCATE(?, info) > 0";
                    case POSTGRES ->
                        "SELECT count(*) FROM pg_stat_progress_create_index WHERE relid = to_regclass(quote_ident(?))";
                },
                name);
    }

    private boolean isTrue(String count, String name) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(count)) {
            statement.setString(1, name);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return row.getLong(1) > 0;
            }
        }
    }

    @Override
    public void close() throws SQLException {
        thread.shutdownNow();
        connection.close();
    }
}
