package dev.shoofly.verifier;

import dev.shoofly.database.ChunkCopier;
import dev.shoofly.database.Comparer;
import dev.shoofly.database.Database;
import dev.shoofly.database.DatabaseKind;
import dev.shoofly.database.Databases;
import dev.shoofly.database.connection.ConnectionProfile;
import dev.shoofly.database.connection.Secret;
import dev.shoofly.database.control.Segment;
import dev.shoofly.database.control.SegmentRows;
import dev.shoofly.database.throttle.Throttle;
import dev.shoofly.model.CutoverSettings;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.KeyRange;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationMetrics;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.MigrationSpec;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.StrategyChoice;
import dev.shoofly.model.TopicNames;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;

/** A small table under migration, its rows copied, with a real topic. Only whoever makes it applies. */
record LiveTable(
        Database database, MigrationPlan plan, Map<String, Object> kafka, LivePipeline pipeline, ChangesTail tail)
        implements AutoCloseable {
    private static final int PARTITIONS = 4;

    /**
     * Of which {@code total} becomes wider, and that gets a column with a default.
     *
     * @param rows their keys are 1 to so many
     */
    static LiveTable create(DatabaseServer server, int rows) throws Exception {
        MigrationId id = MigrationId.random(new Random());
        String table = "orders_" + id;
        fill(server, table, rows);
        Map<String, Object> kafka =
                Map.of("bootstrap.servers", TestServers.kafka().bootstrapServers());
        Database database = Databases.open(
                new ConnectionProfile(server.jdbcUrl(), server.user(), new Secret(server.password())),
                10,
                FaultPoints.NONE);
        database.control().install();
        MigrationSpec spec = new MigrationSpec(
                table, alters(database.kind()), StrategyChoice.SHADOW, PARTITIONS, 500, CutoverSettings.DEFAULT);
        database.control()
                .migrations()
                .create(
                        id,
                        database.preparation().resolve(table),
                        spec,
                        "test",
                        TestServers.kafka().bootstrapServers());
        database.control().progress().create(id, PARTITIONS);
        database.control().markers().create(id);
        MigrationPlan plan =
                database.preparation().createShadow(id, database.preparation().resolve(table), spec);
        database.control().migrations().savePlan(id, 1, plan);
        try (Admin admin = Admin.create(kafka)) {
            TopicNames topics = new TopicNames(id);
            admin.createTopics(List.of(
                            new NewTopic(topics.changes(), PARTITIONS, (short) 1),
                            new NewTopic(topics.mismatches(), 1, (short) 1)))
                    .all()
                    .get(30, TimeUnit.SECONDS);
        }
        copy(database, plan);
        LiveTable made = new LiveTable(
                database, plan, kafka, new LivePipeline(database, plan, kafka), new ChangesTail(kafka, plan));
        made.pipeline.startApplier();
        return made;
    }

    /** One that another process has made, and applies. */
    static LiveTable find(ConnectionProfile profile, String bootstrapServers, MigrationId id) {
        Map<String, Object> kafka = Map.of("bootstrap.servers", bootstrapServers);
        Database database = Databases.open(profile, 10, FaultPoints.NONE);
        MigrationPlan plan = Objects.requireNonNull(
                database.control().migrations().find(id).orElseThrow().plan());
        return new LiveTable(
                database, plan, kafka, new LivePipeline(database, plan, kafka), new ChangesTail(kafka, plan));
    }

    private static List<String> alters(DatabaseKind kind) {
        return List.of(
                switch (kind) {
                    case MYSQL -> "MODIFY total bigint, ADD COLUMN region varchar(10) NOT NULL DEFAULT 'eu'";
                    case POSTGRES -> "ALTER COLUMN total TYPE bigint, ADD COLUMN region text NOT NULL DEFAULT 'eu'";
                });
    }

    private static void fill(DatabaseServer server, String table, int count) throws SQLException {
        StringBuilder rows = new StringBuilder();
        for (int i = 1; i <= count; i++) {
            rows.append(i == 1 ? "" : ",")
                    .append("(" + i + ", 'customer " + i + "', " + i + ", " + (i % 2 == 0 ? "NULL" : "'note'") + ")");
        }
        try (Connection connection = DriverManager.getConnection(server.jdbcUrl(), server.user(), server.password());
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE " + table
                    + " (id int PRIMARY KEY, customer varchar(60) NOT NULL, total int, note varchar(60))");
            statement.execute("INSERT INTO " + table + " VALUES " + rows);
        }
    }

    private static void copy(Database database, MigrationPlan plan) {
        ChunkCopier copier = database.copier(plan);
        RowKey highest = copier.highestKey().orElseThrow();
        database.control().segments().create(plan.id(), List.of(new KeyRange(null, highest)));
        Segment segment = database.control()
                .segments()
                .claim(plan.id(), new SegmentRows.Copier("test", 1), range -> Optional.empty())
                .orElseThrow();
        copier.copy(segment, segment.range(), true, keys -> {});
    }

    /** The shadow's name, quoted. */
    String shadow() {
        String quote = database.kind() == DatabaseKind.MYSQL ? "`" : "\"";
        return quote + plan.shadow().table() + quote;
    }

    MarkerFence fence() {
        return new MarkerFence(pipeline, plan.id(), pipeline::throwFailure);
    }

    Surroundings surroundings(Comparer comparer, List<MismatchSink> sinks) {
        return new Surroundings(comparer, fence(), tail, pipeline, sinks, Throttle.UNTHROTTLED, MigrationMetrics.NONE);
    }

    @Override
    public void close() {
        pipeline.close();
        tail.close();
        database.close();
    }
}
