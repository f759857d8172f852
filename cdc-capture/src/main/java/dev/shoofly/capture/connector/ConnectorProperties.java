package dev.shoofly.capture.connector;

import dev.shoofly.capture.key.KeyColumnConverter;
import dev.shoofly.database.ChangeLog;
import dev.shoofly.database.connection.ConnectionProfile;
import dev.shoofly.model.KeyColumn;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.TableName;
import dev.shoofly.model.TopicNames;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.zip.CRC32;

/** The one description of a migration's connector. Holds the password: never log it. */
public final class ConnectorProperties {
    private static final TableName MARKERS = new TableName("shoofly", "markers");
    private static final List<String> MARKER_COLUMNS = List.of("migration_id", "marker");

    /** Server ids of replicas set up by people are small. */
    private static final long LOWEST_SERVER_ID = 1_000_000_000L;

    private static final long SERVER_IDS = 3_000_000_000L;
    static final String MYSQL_ATTRIBUTES = "program_name:" + ConnectionProfile.PROGRAM;

    private final MigrationPlan plan;
    private final ConnectionProfile connection;
    private final String bootstrapServers;
    private final Duration heartbeat;
    private final Duration outage;

    /**
     * @param heartbeat interval of the records by which an idle capture is told from a dead one
     * @param outage longest time that Kafka may be away before the capture fails
     */
    public ConnectorProperties(
            MigrationPlan plan,
            ConnectionProfile connection,
            String bootstrapServers,
            Duration heartbeat,
            Duration outage) {
        this.plan = plan;
        this.connection = connection;
        this.bootstrapServers = bootstrapServers;
        this.heartbeat = heartbeat;
        this.outage = outage;
    }

    public Properties build() {
        Properties properties = new Properties();
        describeEngine(properties);
        describeStreaming(properties);
        describeConnection(properties);
        switch (connection.kind()) {
            case MYSQL -> describeMySql(properties);
            case POSTGRES -> describePostgres(properties);
        }
        return properties;
    }

    private void describeEngine(Properties properties) {
        TopicNames topics = new TopicNames(plan.id());
        properties.setProperty("name", "shoofly-" + plan.id());
        properties.setProperty("topic.prefix", "shoofly_" + plan.id());
        properties.setProperty("bootstrap.servers", bootstrapServers);
        properties.setProperty("offset.storage", PositionStore.class.getName());
        properties.setProperty("offset.storage.topic", topics.captureOffsets());
        // Without brokers neither a batch nor the stop may hang on saving the position: it is saved with a later batch.
        properties.setProperty("offset.flush.timeout.ms", "3000");
        properties.setProperty("executor.shutdown.timeout.ms", "4000");
        properties.setProperty("record.processing.threads", "1");
        // A lost connection must surface at once: whoever owns the migration starts a new capture.
        properties.setProperty("errors.max.retries", "0");
    }

    private void describeStreaming(Properties properties) {
        // A wait to fill a batch, and on PostgreSQL the reader's rest when nothing came: both add to the latency.
        // Debezium's queue spends the last millisecond of each wait turning in a loop that holds its lock: 1 would keep
        // the reader of the log out. So that 3 does not burn a third of a processor, BatchPace asks it less often.
        properties.setProperty("poll.interval.ms", "3");
        properties.setProperty("max.batch.size", "2048");
        properties.setProperty("max.queue.size", "8192");
        properties.setProperty("heartbeat.interval.ms", Long.toString(heartbeat.toMillis()));
        properties.setProperty("snapshot.mode", "no_data");
        properties.setProperty("tombstones.on.delete", "false");
        properties.setProperty("skipped.operations", "none");
        // The default writes null for what it cannot convert.
        properties.setProperty("event.converting.failure.handling.mode", "fail");
        properties.setProperty("converters", "shooflykey");
        properties.setProperty("shooflykey.type", KeyColumnConverter.class.getName());
        properties.setProperty(
                "shooflykey." + KeyColumnConverter.DATABASE, connection.kind().name());
    }

    private void describeConnection(Properties properties) {
        properties.setProperty("database.hostname", connection.host());
        properties.setProperty("database.port", Integer.toString(connection.port()));
        properties.setProperty("database.user", connection.user());
        properties.setProperty("database.password", connection.password().reveal());
    }

    private void describeMySql(Properties properties) {
        properties.setProperty("connector.class", WatchedMySqlConnector.class.getName());
        properties.setProperty(WatchedMySqlTask.TABLE, plan.source().table());
        // Stable, so that the server itself drops the connection of a superseded capture of the same migration.
        properties.setProperty("database.server.id", Long.toString(serverId()));
        new UrlParameters(connection.url()).describeMySql(properties);
        properties.setProperty("driver.connectionAttributes", MYSQL_ATTRIBUTES);
        properties.setProperty("snapshot.locking.mode", "none");
        // Those of the shadow and the old table may be others: the history must know what comes from there by a rename.
        properties.setProperty(
                "database.include.list",
                IncludeList.ofNames(new LinkedHashSet<>(List.of(
                        plan.source().schema(),
                        MARKERS.schema(),
                        plan.shadow().schema(),
                        plan.old().schema()))));
        // The shadow's own rows need not be decoded: its name becomes the source's by a rename, which the history sees.
        include(properties, List.of(plan.source()));
        properties.setProperty("include.schema.changes", "true");
        describeHistory(properties);
        // No reconnecting inside: it resumes in the middle of a transaction. The interval sets the server's heartbeats.
        properties.setProperty("connect.keep.alive", "false");
        properties.setProperty("connect.keep.alive.interval.ms", Long.toString(heartbeat.toMillis()));
        // While Kafka is away nothing is read; the server should wait as long as we do.
        properties.setProperty("binlog.net.write.timeout", Long.toString(outage.toSeconds()));
    }

    private void describeHistory(Properties properties) {
        String history = "schema.history.internal";
        properties.setProperty(history, DefinitionHistory.class.getName());
        properties.setProperty(history + ".kafka.topic", new TopicNames(plan.id()).captureSchemaHistory());
        properties.setProperty(history + ".kafka.bootstrap.servers", bootstrapServers);
        // Only the history of all tables of the database decodes rightly after a rename and a restart.
        properties.setProperty(history + ".store.only.captured.tables.ddl", "false");
        properties.setProperty(history + ".store.only.captured.databases.ddl", "true");
        // Statements that Debezium's grammar does not know are somebody else's affair: those that change the source are
        // found by their words, see DdlText.
        properties.setProperty(history + ".skip.unparseable.ddl", "true");
    }

    private void describePostgres(Properties properties) {
        properties.setProperty("connector.class", PacedPostgresConnector.class.getName());
        properties.setProperty("database.dbname", connection.database());
        new UrlParameters(connection.url()).describePostgres(properties);
        properties.setProperty("plugin.name", "pgoutput");
        properties.setProperty("slot.name", ChangeLog.slot(plan.id()));
        properties.setProperty("slot.drop.on.stop", "false");
        properties.setProperty("slot.max.retries", "2");
        properties.setProperty("slot.retry.delay.ms", "500");
        properties.setProperty("publication.name", ChangeLog.publication(plan.id()));
        properties.setProperty("publication.autocreate.mode", "disabled");
        properties.setProperty("status.update.interval.ms", "1000");
        // Otherwise a type that Debezium does not know has no value at all; so it is the server's text.
        properties.setProperty("include.unknown.datatypes", "true");
        // All three names, although the publication decides: a relation that is filtered out leaves its old
        // name behind.
        include(properties, List.of(plan.source(), plan.shadow(), plan.old()));
    }

    private void include(Properties properties, List<TableName> tables) {
        List<TableName> all = new ArrayList<>(tables);
        all.add(MARKERS);
        properties.setProperty("table.include.list", IncludeList.ofTables(all));
        properties.setProperty(
                "column.include.list",
                IncludeList.ofColumns(tables, keyColumns()) + ","
                        + IncludeList.ofColumns(List.of(MARKERS), MARKER_COLUMNS));
    }

    /** Both spellings: after the swap the table that has the source's name has the shadow's columns. */
    private Set<String> keyColumns() {
        Set<String> columns = new LinkedHashSet<>();
        for (KeyColumn column : plan.key().columns()) {
            columns.add(column.sourceName());
            columns.add(column.shadowName());
        }
        return columns;
    }

    private long serverId() {
        CRC32 hash = new CRC32();
        hash.update(plan.id().value().getBytes(StandardCharsets.US_ASCII));
        return LOWEST_SERVER_ID + hash.getValue() % SERVER_IDS;
    }
}
