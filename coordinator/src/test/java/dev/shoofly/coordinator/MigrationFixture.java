package dev.shoofly.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.coordinator.disk.DiskMeter;
import dev.shoofly.database.Database;
import dev.shoofly.database.Databases;
import dev.shoofly.database.connection.ConnectionProfile;
import dev.shoofly.database.connection.Secret;
import dev.shoofly.database.control.Migration;
import dev.shoofly.database.control.ThrottleState;
import dev.shoofly.model.CutoverMode;
import dev.shoofly.model.CutoverSettings;
import dev.shoofly.model.DeferIndexes;
import dev.shoofly.model.DiskSettings;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationMetrics;
import dev.shoofly.model.MigrationSpec;
import dev.shoofly.model.MigrationState;
import dev.shoofly.model.OnDuplicates;
import dev.shoofly.model.StrategyChoice;
import dev.shoofly.servers.DatabaseServer;
import java.net.URI;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** A table {@code orders} of 3,000 rows on a real server, and runners that migrate it. */
final class MigrationFixture {
    static final long ROWS = 3_000;
    private final DatabaseServer server;
    private final Supplier<String> bootstrapServers;
    private final Path directory;

    MigrationFixture(DatabaseServer server, Supplier<String> bootstrapServers, Path directory, OrdersTable table)
            throws SQLException {
        this.server = server;
        this.bootstrapServers = bootstrapServers;
        this.directory = directory;
        forgetEarlierMigrations();
        dropEarlierTables();
        execute("DROP TABLE IF EXISTS orders CASCADE");
        for (String statement : table.create(ROWS)) {
            execute(statement);
        }
    }

    /** What a failed test left on a shared server must not fail the next one. */
    private void forgetEarlierMigrations() {
        try (Database database = open(FaultPoints.NONE)) {
            for (Migration earlier : new MigrationControl(database).list()) {
                Cleanup cleanup = new Cleanup(database, earlier.id(), earlier.source());
                cleanup.database();
                cleanup.forget();
            }
        }
    }

    /** Completed migrations of other tables on a shared server leave theirs. */
    private void dropEarlierTables() throws SQLException {
        for (String table : tables()) {
            if (table.matches("_\\w+_(old|new|undone)\\d*")) {
                execute("DROP TABLE " + table + " CASCADE");
            }
        }
    }

    DatabaseServer server() {
        return server;
    }

    Database open(FaultPoints faultPoints) {
        return Databases.open(
                new ConnectionProfile(server.jdbcUrl(), server.user(), new Secret(server.password())), 20, faultPoints);
    }

    MigrationRunner runner(Database database, FaultPoints faultPoints) {
        return runner(database, MigrationMetrics.NONE, faultPoints);
    }

    MigrationRunner runner(Database database, MigrationMetrics metrics, FaultPoints faultPoints) {
        return new MigrationRunner(database, kafka(), settings(Duration.ofMillis(100)), metrics, faultPoints);
    }

    MigrationRunner runner(Database database, Duration markerInterval) {
        return new MigrationRunner(
                database, kafka(), settings(markerInterval), MigrationMetrics.NONE, FaultPoints.NONE);
    }

    /** @param webhook to which it posts its events */
    MigrationRunner runner(Database database, URI webhook) {
        return new MigrationRunner(
                database,
                kafka(),
                settings(Duration.ofMillis(100)).posting(Optional.of(webhook)),
                MigrationMetrics.NONE,
                FaultPoints.NONE);
    }

    /** @param appliers 0: others apply */
    MigrationRunner runner(
            Database database, int appliers, DiskSettings.Change disk, KafkaAccess.Provider kafka, DiskMeter meter) {
        RunnerSettings settings = new RunnerSettings(
                "test:1",
                directory,
                appliers,
                Duration.ofSeconds(4),
                Duration.ofMillis(100),
                false,
                disk,
                RunnerSettings.SHARED_SWEEP_ROWS,
                Optional.empty());
        return new MigrationRunner(database, kafka, settings, MigrationMetrics.NONE, FaultPoints.NONE, meter);
    }

    RunnerSettings settings(Duration markerInterval) {
        return new RunnerSettings("test:1", directory, 2, Duration.ofSeconds(4), markerInterval, false);
    }

    static MigrationSpec spec(CutoverMode mode, List<String> alters) {
        CutoverSettings auto = CutoverSettings.DEFAULT;
        return new MigrationSpec(
                "orders",
                alters,
                StrategyChoice.SHADOW,
                4,
                500,
                new CutoverSettings(mode, auto.lockTimeout(), auto.drainTimeout(), auto.drainKeys(), auto.retries()),
                OnDuplicates.FAIL,
                // However small the table: the build after the copy is a part of the way that must be passed.
                DeferIndexes.ALWAYS);
    }

    static MigrationSpec withRollbackWindow(MigrationSpec spec, Duration window) {
        return spec.cuttingOver(spec.cutover().withRollbackWindow(window));
    }

    List<String> tables() throws SQLException {
        return texts("SELECT table_name FROM information_schema.tables WHERE table_schema IN ('public', 'shop')");
    }

    /** The first column of each row. */
    List<String> texts(String query) throws SQLException {
        List<String> texts = new ArrayList<>();
        try (Connection connection = connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            while (rows.next()) {
                texts.add(rows.getString(1));
            }
        }
        return texts;
    }

    void execute(String sql) throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    Connection connect() throws SQLException {
        return DriverManager.getConnection(server.jdbcUrl(), server.user(), server.password());
    }

    static void awaitState(MigrationRunner runner, MigrationState state) {
        long giveUpAt = System.nanoTime() + Duration.ofSeconds(120).toNanos();
        while (runner.snapshot().map(MigrationSnapshot::state).orElse(null) != state) {
            assertThat(runner.snapshot().map(MigrationSnapshot::state).orElse(null))
                    .as("%s", runner.snapshot())
                    .isNotEqualTo(MigrationState.FAILED);
            assertThat(System.nanoTime()).as("%s", runner.snapshot()).isLessThan(giveUpAt);
            LockSupport.parkNanos(5_000_000);
        }
    }

    /** Until it holds, for 90 seconds at most. */
    static void await(MigrationRunner runner, BooleanSupplier condition) {
        long giveUpAt = System.nanoTime() + Duration.ofSeconds(90).toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("%s", runner.snapshot()).isLessThan(giveUpAt);
            LockSupport.parkNanos(5_000_000);
        }
    }

    /**
     * Until the throttle stops it, for 90 seconds at most.
     *
     * @param by whether these are the words of what is to hold it back
     */
    static ThrottleState awaitHeld(MigrationRunner runner, Predicate<String> by) {
        AtomicReference<ThrottleState> seen = new AtomicReference<>(ThrottleState.UNKNOWN);
        await(runner, () -> {
            ThrottleState now = runner.snapshot().orElseThrow().throttle();
            seen.set(now);
            return now.fraction() == 0 && by.test(String.valueOf(now.heldBackBy()));
        });
        return Objects.requireNonNull(seen.get());
    }

    KafkaAccess.Provider kafka() {
        return kafka(bootstrapServers);
    }

    /** A broker that others start and stop. */
    static KafkaAccess.Provider kafka(Supplier<String> bootstrapServers) {
        return new KafkaAccess.Provider() {
            @Override
            public String describe(MigrationId id) {
                return "bootstrap:" + bootstrapServers.get();
            }

            @Override
            public KafkaAccess open(MigrationId id, String remembered, boolean mustExist) {
                return new KafkaAccess() {
                    @Override
                    public String bootstrapServers() {
                        return bootstrapServers.get();
                    }

                    @Override
                    public void close() {}
                };
            }

            @Override
            public Optional<String> reach(MigrationId id, String remembered) {
                return Optional.of(bootstrapServers.get());
            }

            @Override
            public void discard(MigrationId id, String remembered) {}
        };
    }
}
