package dev.shoofly.database.postgres;

import dev.shoofly.database.ChunkCopier;
import dev.shoofly.database.Database;
import dev.shoofly.database.DirtyKeys;
import dev.shoofly.database.Reconciler;
import dev.shoofly.database.connection.ConnectionProfile;
import dev.shoofly.database.connection.Secret;
import dev.shoofly.database.control.Progress;
import dev.shoofly.database.control.Segment;
import dev.shoofly.database.control.SegmentRows;
import dev.shoofly.model.CutoverSettings;
import dev.shoofly.model.DeferIndexes;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.KeyRange;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.MigrationSpec;
import dev.shoofly.model.OnDuplicates;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.StrategyChoice;
import dev.shoofly.model.TableName;
import dev.shoofly.model.Transform;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.PostgresVersion;
import dev.shoofly.servers.fixture.TestServers;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/** A database of its own on a real server, and a migration pipeline without a broker in between. */
final class Lab implements AutoCloseable {
    static final int PARTITIONS = 4;
    private static final AtomicInteger NUMBER = new AtomicInteger();
    private final DatabaseServer server;
    private final String url;
    private final Map<String, Progress> claims = new ConcurrentHashMap<>();
    final String databaseName = "lab_" + NUMBER.incrementAndGet();
    final Database database;

    private Lab(DatabaseServer server, FaultPoints faultPoints) throws SQLException {
        this.server = server;
        try (Connection admin = DriverManager.getConnection(server.jdbcUrl(), server.user(), server.password());
                Statement statement = admin.createStatement()) {
            statement.execute("CREATE DATABASE " + databaseName);
        }
        this.url = "jdbc:postgresql://" + server.host() + ":" + server.port() + "/" + databaseName;
        this.database = new PostgresDatabase(profile(), 6, faultPoints);
        database.control().install();
    }

    static Lab open() throws SQLException {
        return open(FaultPoints.NONE);
    }

    static Lab open(FaultPoints faultPoints) throws SQLException {
        return new Lab(TestServers.postgres(PostgresVersion.V15), faultPoints);
    }

    static Lab open(DatabaseServer server, FaultPoints faultPoints) throws SQLException {
        return new Lab(server, faultPoints);
    }

    ConnectionProfile profile() {
        return new ConnectionProfile(url, server.user(), new Secret(server.password()));
    }

    ConnectionProfile profile(String user, String password) {
        return new ConnectionProfile(url, user, new Secret(password));
    }

    Connection connect() throws SQLException {
        Connection connection = DriverManager.getConnection(url, server.user(), server.password());
        try (Statement statement = connection.createStatement()) {
            // The driver sets the machine's zone, which would show in the texts that tests compare.
            statement.execute("SET TimeZone = 'UTC'");
        }
        return connection;
    }

    void run(String... statements) {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }

    /** Every row as one text, in the statement's order. */
    List<String> rows(String sql) {
        try (Connection connection = connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT r::text FROM (" + sql + ") r")) {
            List<String> found = new ArrayList<>();
            while (rows.next()) {
                found.add(rows.getString(1));
            }
            return found;
        } catch (SQLException e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }

    String value(String sql) {
        try (Connection connection = connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            return rows.next() ? String.valueOf(rows.getString(1)) : "no row";
        } catch (SQLException e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }

    static MigrationSpec spec(String table, String... alters) {
        return new MigrationSpec(
                table, List.of(alters), StrategyChoice.SHADOW, PARTITIONS, 1000, CutoverSettings.DEFAULT);
    }

    /** The shadow and the control rows of a migration. */
    MigrationPlan prepare(String table, String... alters) {
        return prepare(spec(table, alters));
    }

    /** As above, with every index built after the copy that may be. */
    MigrationPlan prepareWithLateIndexes(String table, String... alters) {
        return prepare(new MigrationSpec(
                table,
                List.of(alters),
                StrategyChoice.SHADOW,
                PARTITIONS,
                1000,
                CutoverSettings.DEFAULT,
                OnDuplicates.FAIL,
                DeferIndexes.ALWAYS));
    }

    /** @param transforms {@code column=expression} each */
    MigrationPlan prepareComputing(List<String> transforms, String table, String... alters) {
        return prepare(new MigrationSpec(
                        table,
                        List.of(alters),
                        StrategyChoice.SHADOW,
                        PARTITIONS,
                        1000,
                        CutoverSettings.DEFAULT,
                        OnDuplicates.FAIL,
                        DeferIndexes.ALWAYS)
                .computing(transforms.stream()
                        .map(text -> Transform.parse(text).orElseThrow())
                        .toList()));
    }

    MigrationPlan prepare(MigrationSpec spec) {
        TableName source = database.preparation().resolve(spec.table());
        MigrationId id = MigrationId.random(new Random());
        run("UPDATE shoofly.migrations SET active_table = NULL");
        database.control().migrations().create(id, source, spec, "test", "none");
        MigrationPlan plan = database.preparation().createShadow(id, source, spec);
        database.control().migrations().savePlan(id, 1, plan);
        database.control().progress().create(id, PARTITIONS);
        database.control().markers().create(id);
        database.control().segments().create(id, List.of(KeyRange.ALL));
        return plan;
    }

    Segment claim(MigrationPlan plan) {
        return database.control()
                .segments()
                .claim(plan.id(), new SegmentRows.Copier("test", 1), range -> Optional.empty())
                .orElseThrow();
    }

    /** Copies everything; swept keys and conflicts are reconciled at once. */
    void copyAll(MigrationPlan plan, int chunkRows) {
        ChunkCopier copier = database.copier(plan);
        RowKey highest = copier.highestKey().orElse(null);
        if (highest == null) {
            return;
        }
        Segment segment = claim(plan);
        DirtyKeys dirty = keys -> reconcile(plan, keys);
        RowKey position = null;
        while (!highest.equals(position)) {
            RowKey end = copier.chunkEnd(position, highest, chunkRows);
            copier.copy(segment, new KeyRange(position, end), end.equals(highest), dirty);
            position = end;
        }
    }

    /** One batch through this reconciler, whatever partitions the keys are of. */
    void apply(Reconciler reconciler, MigrationPlan plan, String... ids) {
        List<RowKey> keys = Stream.of(ids).map(RowKey::of).toList();
        reconciler.apply(batch(plan, 0, keys, Set.of()));
    }

    /** Reconciles each key in its partition. */
    void reconcile(MigrationPlan plan, List<RowKey> keys) {
        for (int partition = 0; partition < PARTITIONS; partition++) {
            int owner = partition;
            List<RowKey> own = keys.stream()
                    .filter(key -> plan.key().partition(key, PARTITIONS) == owner)
                    .toList();
            if (!own.isEmpty()) {
                database.reconciler(plan).apply(batch(plan, partition, own, Set.of()));
            }
        }
    }

    void reconcile(MigrationPlan plan, RowKey... keys) {
        reconcile(plan, List.of(keys));
    }

    Reconciler.Batch batch(MigrationPlan plan, int partition, List<RowKey> keys, Set<String> transactions) {
        Progress progress = claims.computeIfAbsent(
                plan.id() + "/" + partition,
                absent -> database.control().progress().claim(plan.id(), partition));
        return new Reconciler.Batch(partition, progress.epoch(), keys, transactions, 0, 0);
    }

    static String shadow(MigrationPlan plan) {
        return PostgresNames.quote(plan.shadow());
    }

    @Override
    public void close() throws SQLException {
        database.close();
        try (Connection admin = DriverManager.getConnection(server.jdbcUrl(), server.user(), server.password());
                Statement statement = admin.createStatement()) {
            // Not even a standby that never answers may keep a failed test from ending.
            statement.execute("SET synchronous_commit = local");
            statement.execute("DROP DATABASE IF EXISTS " + databaseName + " WITH (FORCE)");
        }
    }
}
