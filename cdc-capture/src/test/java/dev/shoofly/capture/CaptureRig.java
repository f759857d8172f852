package dev.shoofly.capture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.database.ChangeLog;
import dev.shoofly.database.DatabaseKind;
import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.database.connection.ConnectionProfile;
import dev.shoofly.database.connection.Retry;
import dev.shoofly.database.connection.Secret;
import dev.shoofly.database.control.ControlTables;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.KeyColumn;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationMetrics;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.TableName;
import dev.shoofly.model.TopicNames;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.KafkaBroker;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;

/** One migrated table on a real server, with its topics; closes every engine that it made. */
final class CaptureRig implements AutoCloseable {
    static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Random RANDOM = new Random();

    final DatabaseKind kind;
    final MigrationPlan plan;
    private final ConnectionProfile profile;
    private final KafkaBroker kafka;
    private final ConnectionPool pool;
    private final ControlTables control;
    private final List<AutoCloseable> opened = new ArrayList<>();

    /** @param definition what follows the table's name in CREATE TABLE */
    static CaptureRig create(
            DatabaseServer server,
            KafkaBroker kafka,
            String table,
            String definition,
            List<KeyColumn> key,
            int partitions) {
        try (Connection connection = DriverManager.getConnection(server.jdbcUrl(), server.user(), server.password())) {
            String quote = connection.getMetaData().getIdentifierQuoteString();
            ConnectionPool.execute(
                    connection,
                    "CREATE TABLE " + quote + table.replace(quote, quote + quote) + quote + " " + definition);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        return new CaptureRig(server, kafka, table, key, partitions);
    }

    /** The table must exist. */
    CaptureRig(DatabaseServer server, KafkaBroker kafka, String table, List<KeyColumn> key, int partitions) {
        this.profile = new ConnectionProfile(server.jdbcUrl(), server.user(), new Secret(server.password()));
        this.kind = profile.kind();
        this.kafka = kafka;
        this.pool = new ConnectionPool(profile, "test", 4, List.of(), new Properties());
        this.control = new ControlTables(pool, kind);
        this.plan = plan(table, key, partitions);
        control.install();
        control.markers().create(plan.id());
        createTopics();
        if (kind == DatabaseKind.POSTGRES) {
            openLog();
        }
    }

    private MigrationPlan plan(String table, List<KeyColumn> key, int partitions) {
        String schema = switch (kind) {
            case MYSQL -> profile.database();
            case POSTGRES -> "public";
        };
        return Plans.of(MigrationId.random(RANDOM), new TableName(schema, table), key, partitions);
    }

    private void createTopics() {
        TopicNames topics = new TopicNames(plan.id());
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", kafka.bootstrapServers()))) {
            CaptureTopics.create(admin, topics, (short) 1);
            admin.createTopics(List.of(new NewTopic(topics.changes(), plan.partitions(), (short) 1)))
                    .all()
                    .get();
        } catch (ExecutionException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private void openLog() {
        sql("CREATE PUBLICATION " + ChangeLog.publication(plan.id()) + " FOR TABLE " + quoted(plan.source())
                + ", shoofly.markers");
        sql("SELECT pg_create_logical_replication_slot('" + ChangeLog.slot(plan.id()) + "', 'pgoutput')");
    }

    String quoted(TableName name) {
        String quote = kind == DatabaseKind.MYSQL ? "`" : "\"";
        return quote + name.schema().replace(quote, quote + quote) + quote + "." + quote
                + name.table().replace(quote, quote + quote) + quote;
    }

    /** The source, quoted. */
    String source() {
        return quoted(plan.source());
    }

    CaptureEngine engine(CaptureSettings.Start start) {
        return engine(start, FaultPoints.NONE);
    }

    CaptureEngine engine(CaptureSettings.Start start, FaultPoints faultPoints) {
        CaptureEngine engine = new CaptureEngine(settings(start), MigrationMetrics.NONE, faultPoints);
        opened.add(engine);
        return engine;
    }

    CaptureSettings settings(CaptureSettings.Start start) {
        return CaptureSettings.of(plan, profile, kafka.bootstrapServers(), start);
    }

    /** An engine that streams. */
    CaptureEngine streaming(CaptureSettings.Start start) {
        CaptureEngine engine = engine(start);
        engine.start();
        engine.awaitStreaming(PATIENCE);
        marker();
        return engine;
    }

    ChangesTopicReader topic() {
        ChangesTopicReader reader = new ChangesTopicReader(plan, kafka.bootstrapServers());
        opened.add(reader);
        return reader;
    }

    /** Waits until the history of definitions holds that many tables that were renamed. */
    void awaitRenames(int count) {
        TopicPartition history = new TopicPartition(new TopicNames(plan.id()).captureSchemaHistory(), 0);
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        int found = 0;
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", kafka.bootstrapServers()),
                new StringDeserializer(),
                new StringDeserializer())) {
            consumer.assign(List.of(history));
            consumer.seekToBeginning(List.of(history));
            while (found < count) {
                assertThat(System.nanoTime())
                        .as("%s renames are remembered", count)
                        .isLessThan(deadline);
                for (ConsumerRecord<String, String> each : consumer.poll(Duration.ofMillis(50))) {
                    found += each.value().contains("RENAME TABLE") ? 1 : 0;
                }
            }
        }
    }

    /** Waits until the engine has ended by itself. */
    ShooflyException awaitFailure(CaptureEngine engine) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (engine.failure().isEmpty()) {
            assertThat(System.nanoTime()).as("the engine ends by itself").isLessThan(deadline);
            LockSupport.parkNanos(5_000_000);
        }
        return (ShooflyException) engine.failure().get();
    }

    long marker() {
        return Retry.OUTLAST_RESTART.call(
                "a marker of the test", () -> control.markers().next(plan.id()));
    }

    /** The number that was written last. */
    long lastMarker() {
        return control.markers().last(plan.id());
    }

    /** Each on its own; a pooled connection that the server has closed meanwhile does not count. */
    void sql(String... statements) {
        for (String each : statements) {
            Retry.OUTLAST_RESTART.call(
                    "a statement of the test",
                    () -> pool.with("a statement of the test", connection -> {
                        ConnectionPool.execute(connection, each);
                        return true;
                    }));
        }
    }

    /** All on one connection, each committed on its own. */
    void session(String... statements) {
        pool.with("a session of the test", connection -> {
            for (String each : statements) {
                ConnectionPool.execute(connection, each);
            }
            return true;
        });
    }

    void transaction(String... statements) {
        pool.inTransaction("a transaction of the test", connection -> {
            for (String each : statements) {
                ConnectionPool.execute(connection, each);
            }
            return true;
        });
    }

    List<String> query(String sql) {
        return pool.with("a query of the test", connection -> rows(connection, sql));
    }

    private static List<String> rows(Connection connection, String sql) throws SQLException {
        List<String> texts = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                texts.add(rows.getString(1));
            }
        }
        return texts;
    }

    @Override
    public void close() throws Exception {
        for (AutoCloseable each : opened) {
            each.close();
        }
        if (kind == DatabaseKind.POSTGRES) {
            dropLog();
        }
        pool.close();
    }

    private void dropLog() {
        dropSlot();
        sql("DROP PUBLICATION IF EXISTS " + ChangeLog.publication(plan.id()));
    }

    /** Once nobody reads from it any more. */
    void dropSlot() {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        String slot = ChangeLog.slot(plan.id());
        while (!query("SELECT 1 FROM pg_replication_slots WHERE slot_name = '" + slot + "' AND active")
                .isEmpty()) {
            assertThat(System.nanoTime()).as("the slot becomes free").isLessThan(deadline);
            LockSupport.parkNanos(5_000_000);
        }
        sql("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = '" + slot + "'");
    }
}
