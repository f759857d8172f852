package dev.shoofly.database.mysql;

import dev.shoofly.database.Database;
import dev.shoofly.database.Databases;
import dev.shoofly.database.DirtyKeys;
import dev.shoofly.database.Reconciler;
import dev.shoofly.database.connection.ConnectionProfile;
import dev.shoofly.database.connection.Secret;
import dev.shoofly.database.control.Segment;
import dev.shoofly.database.control.SegmentRows;
import dev.shoofly.model.CutoverSettings;
import dev.shoofly.model.DeferIndexes;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.KeyRange;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.MigrationSpec;
import dev.shoofly.model.MigrationState;
import dev.shoofly.model.OnDuplicates;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.StrategyChoice;
import dev.shoofly.model.TableName;
import dev.shoofly.model.Transform;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** A database of its own on a real server, the verbs over it, and an application's connection beside them. */
final class Bench implements AutoCloseable {
    static final int PARTITIONS = 4;
    private static final AtomicInteger NUMBERS = new AtomicInteger();
    private final DatabaseServer server;
    private final String schema = "bench_" + ProcessHandle.current().pid() + "_" + NUMBERS.incrementAndGet();
    private final Connection application;
    private final Database database;
    private final Map<Integer, Long> epochs = new ConcurrentHashMap<>();

    private Bench(DatabaseServer server, FaultPoints faultPoints) throws SQLException {
        this.server = server;
        try (Connection root = DriverManager.getConnection(server.jdbcUrl(), server.user(), server.password());
                Statement statement = root.createStatement()) {
            statement.execute("CREATE DATABASE " + schema);
        }
        this.application = connect();
        this.database = Databases.open(profile(server.user(), server.password()), 10, faultPoints);
        this.database.control().install();
    }

    static Bench open() throws SQLException {
        return open(FaultPoints.NONE);
    }

    static Bench open(FaultPoints faultPoints) throws SQLException {
        return new Bench(TestServers.mysql(), faultPoints);
    }

    static Bench on(DatabaseServer server) throws SQLException {
        return new Bench(server, FaultPoints.NONE);
    }

    ConnectionProfile profile(String user, String password) {
        return new ConnectionProfile(url(), user, new Secret(password));
    }

    String url() {
        return server.jdbcUrl().replaceFirst("/[^/?]+\\?", "/" + schema + "?");
    }

    String schema() {
        return schema;
    }

    Database database() {
        return database;
    }

    /** Another connection of the application. */
    Connection connect() throws SQLException {
        return DriverManager.getConnection(url(), server.user(), server.password());
    }

    void sql(String... statements) throws SQLException {
        for (String each : statements) {
            execute(application, each);
        }
    }

    static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** Rows as texts, columns joined by a bar. */
    List<String> rows(String query) throws SQLException {
        return rows(application, query);
    }

    static List<String> rows(Connection connection, String query) throws SQLException {
        List<String> found = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            while (rows.next()) {
                List<String> row = new ArrayList<>();
                for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
                    row.add(String.valueOf(rows.getString(i)));
                }
                found.add(String.join("|", row));
            }
        }
        return found;
    }

    /** Before statements are counted: the server's summary has no room for further ones once many tests have used it. */
    void forgetStatements() throws SQLException {
        sql("TRUNCATE TABLE performance_schema.events_statements_summary_by_digest");
    }

    String value(String query) throws SQLException {
        return rows(query).get(0);
    }

    /** Shadow, control rows and claims of a migration in state READY. */
    MigrationPlan prepare(String table, String... alters) {
        return prepare(new MigrationSpec(
                table, List.of(alters), StrategyChoice.SHADOW, PARTITIONS, 1_000, CutoverSettings.DEFAULT));
    }

    /** As above, with every index built after the copy that may be. */
    MigrationPlan prepareWithLateIndexes(String table, String... alters) {
        return prepare(new MigrationSpec(
                table,
                List.of(alters),
                StrategyChoice.SHADOW,
                PARTITIONS,
                1_000,
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
                        1_000,
                        CutoverSettings.DEFAULT,
                        OnDuplicates.FAIL,
                        DeferIndexes.ALWAYS)
                .computing(transforms.stream()
                        .map(text -> Transform.parse(text).orElseThrow())
                        .toList()));
    }

    MigrationPlan prepare(MigrationSpec spec) {
        MigrationId id = MigrationId.random(new Random());
        TableName source = database.preparation().resolve(spec.table());
        database.control().migrations().create(id, source, spec, "test", "");
        MigrationPlan plan = database.preparation().createShadow(id, source, spec);
        database.control().progress().create(id, PARTITIONS);
        database.control().markers().create(id);
        MigrationState from = MigrationState.CREATED;
        for (MigrationState next : List.of(
                MigrationState.PLANNING,
                MigrationState.PREPARING,
                MigrationState.COPYING,
                MigrationState.SYNCHRONIZING,
                MigrationState.VALIDATING,
                MigrationState.READY)) {
            database.control().migrations().transition(id, 1, from, next, "");
            from = next;
        }
        for (int partition = 0; partition < PARTITIONS; partition++) {
            claim(plan, partition);
        }
        return plan;
    }

    void claim(MigrationPlan plan, int partition) {
        epochs.put(
                partition,
                database.control().progress().claim(plan.id(), partition).epoch());
    }

    /** Copies the whole table in chunks; keys that the copy hands over are reconciled at once. */
    void copy(MigrationPlan plan, int chunkRows) {
        copy(plan, chunkRows, keys -> reconcile(plan, keys));
    }

    void copy(MigrationPlan plan, int chunkRows, DirtyKeys dirtyKeys) {
        Optional<RowKey> highest = database.copier(plan).highestKey();
        if (highest.isEmpty()) {
            return;
        }
        Segment segment = segment(plan, highest.get());
        RowKey lower = null;
        while (!highest.get().equals(lower)) {
            RowKey end = database.copier(plan).chunkEnd(lower, highest.get(), chunkRows);
            database.copier(plan).copy(segment, new KeyRange(lower, end), end.equals(highest.get()), dirtyKeys);
            lower = end;
        }
    }

    Segment segment(MigrationPlan plan, RowKey highest) {
        database.control().segments().create(plan.id(), List.of(new KeyRange(null, highest)));
        return claim(plan);
    }

    Segment claim(MigrationPlan plan) {
        return database.control()
                .segments()
                .claim(plan.id(), new SegmentRows.Copier("test", 1), range -> Optional.empty())
                .orElseThrow();
    }

    void reconcile(MigrationPlan plan, List<RowKey> keys) {
        reconcile(plan, keys, Set.of());
    }

    Reconciler.Outcome reconcile(MigrationPlan plan, RowKey... keys) {
        return reconcile(plan, List.of(keys), Set.of());
    }

    /** As the appliers do: each partition's keys in a batch of their own. */
    Reconciler.Outcome reconcile(MigrationPlan plan, List<RowKey> keys, Set<String> transactions) {
        Map<Integer, List<RowKey>> byPartition = new TreeMap<>();
        for (RowKey key : keys) {
            byPartition
                    .computeIfAbsent(plan.key().partition(key, PARTITIONS), p -> new ArrayList<>())
                    .add(key);
        }
        int retries = 0;
        int cleared = 0;
        Reconciler reconciler = database.reconciler(plan);
        for (Map.Entry<Integer, List<RowKey>> each : byPartition.entrySet()) {
            Reconciler.Outcome outcome = reconciler.apply(batch(each.getKey(), each.getValue(), transactions));
            retries += outcome.retries();
            cleared += outcome.cleared();
        }
        return new Reconciler.Outcome(keys.size(), retries, cleared);
    }

    Reconciler.Batch batch(int partition, List<RowKey> keys, Set<String> transactions) {
        return new Reconciler.Batch(partition, Objects.requireNonNull(epochs.get(partition)), keys, transactions, 0, 0);
    }

    /** Returns once the condition holds; fails after half a minute. */
    static void await(Callable<Boolean> condition) throws Exception {
        long giveUpAt = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (!condition.call()) {
            if (System.nanoTime() - giveUpAt > 0) {
                throw new AssertionError("what was waited for did not come");
            }
            TimeUnit.MILLISECONDS.sleep(5);
        }
    }

    boolean isEqual(MigrationPlan plan) {
        return database.comparer(plan).compare(KeyRange.ALL).equal();
    }

    @Override
    public void close() throws SQLException {
        database.close();
        try (application) {
            execute(application, "DROP DATABASE " + schema);
        }
    }
}
