package dev.shoofly.capture;

import dev.shoofly.database.ChangeLog;
import dev.shoofly.database.DatabaseKind;
import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.database.connection.ConnectionProfile;
import dev.shoofly.database.connection.Secret;
import dev.shoofly.database.control.ControlTables;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.KeyColumn;
import dev.shoofly.model.KeyDefinition;
import dev.shoofly.model.KeyEquality;
import dev.shoofly.model.KeyType;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationMetrics;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.Projection;
import dev.shoofly.model.ShadowNames;
import dev.shoofly.model.TableName;
import dev.shoofly.model.TopicNames;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.KafkaBroker;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;

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
        MigrationId id = MigrationId.random(RANDOM);
        TableName source = new TableName(
                switch (kind) {
                    case MYSQL -> profile.database();
                    case POSTGRES -> "public";
                },
                table);
        ShadowNames names = ShadowNames.of(source, id, 63);
        return new MigrationPlan(
                id,
                source,
                names.shadow(),
                names.old(),
                new KeyDefinition("PRIMARY", key),
                new Projection(List.of(), List.of(), List.of()),
                partitions,
                "");
    }

    static KeyColumn keyColumn(String name, KeyType type) {
        return new KeyColumn(name, name, type, KeyEquality.EXACT, "", "");
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
        return engine;
    }

    ChangesTopicReader topic() {
        ChangesTopicReader reader = new ChangesTopicReader(plan, kafka.bootstrapServers());
        opened.add(reader);
        return reader;
    }

    long marker() {
        return control.markers().next(plan.id());
    }

    void sql(String... statements) {
        pool.with("a statement of the test", connection -> {
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

    private static List<String> rows(Connection connection, String sql) throws java.sql.SQLException {
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
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        String slot = ChangeLog.slot(plan.id());
        while (!query("SELECT 1 FROM pg_replication_slots WHERE slot_name = '" + slot + "' AND active")
                .isEmpty()) {
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException("the slot is still in use");
            }
            Thread.onSpinWait();
        }
        sql("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = '" + slot + "'");
        sql("DROP PUBLICATION IF EXISTS " + ChangeLog.publication(plan.id()));
    }
}
