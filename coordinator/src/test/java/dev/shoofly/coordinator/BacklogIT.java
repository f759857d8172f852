package dev.shoofly.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.database.Database;
import dev.shoofly.database.control.ProgressRows;
import dev.shoofly.database.control.TopicUse;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.MigrationSpec;
import dev.shoofly.model.TableName;
import dev.shoofly.model.TopicNames;
import dev.shoofly.servers.PostgresVersion;
import dev.shoofly.servers.fixture.TestServers;
import dev.shoofly.verifier.ChangesTail;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A topic that grows while nothing is applied, and is trimmed behind everybody who may still read it. */
@Timeout(120)
class BacklogIT {
    private static final TableName SOURCE = new TableName("public", "orders");
    private static final byte[] RECORD = new byte[1_000];

    @TempDir
    private Path directory;

    private final MigrationId id = MigrationId.random(new Random());
    private final String bootstrapServers = TestServers.kafka().bootstrapServers();
    private Database database;
    private MigrationPlan plan;
    private Topics topics;
    private ChangesTopic topic;
    private ChangesTail tail;
    private long epoch;

    @BeforeEach
    void open() throws Exception {
        MigrationFixture fixture = new MigrationFixture(
                TestServers.postgres(PostgresVersion.V17), () -> bootstrapServers, directory, OrdersTable.POSTGRES);
        database = fixture.open(FaultPoints.NONE);
        database.control().install();
        MigrationSpec spec = MigrationFixture.spec(dev.shoofly.model.CutoverMode.MANUAL, OrdersTable.POSTGRES.alters());
        database.control().migrations().create(id, SOURCE, spec, "test:1", "bootstrap:");
        epoch = database.control().migrations().takeOver(id, "test:1");
        plan = database.preparation().createShadow(id, SOURCE, spec);
        topics = new Topics(bootstrapServers, id);
        topics.create(plan.partitions());
        database.control().progress().create(id, plan.partitions());
        topic = new ChangesTopic(bootstrapServers, plan);
        tail = new ChangesTail(Map.of("bootstrap.servers", bootstrapServers), plan);
    }

    @AfterEach
    void close() {
        tail.close();
        topic.close();
        topics.deleteAll();
        topics.close();
        database.close();
    }

    @Test
    void keepsWhatIsNotAppliedAndWhatAReaderWasPromisedAndFreesTheDiskOfTheRest() throws Exception {
        TopicTrimmer trimmer = trimmer(Duration.ZERO);
        send(40_000);
        TopicUse full = trimmer.look().orElseThrow();
        assertThat(full.records()).isEqualTo(4 * 40_000);
        assertThat(full.backlog()).isEqualTo(4 * 40_000);
        assertThat(full.bytes()).isGreaterThan(4 * 40_000 * (long) RECORD.length);

        Map<Integer, Long> promised = tail.endOffsets();
        send(1_000);
        applied(41_000);
        TopicUse held = trimmer.look().orElseThrow();
        assertThat(held.backlog()).isZero();
        assertThat(held.records()).as("from the promised end on").isEqualTo(4 * 1_000);
        assertThat(topic.beginnings()).isEqualTo(promised);

        tail.release(promised);
        assertThat(trimmer.look().orElseThrow().records()).isZero();
        awaitBytesBelow(full.bytes() / 4, trimmer);

        send(10);
        assertThat(trimmer.look().orElseThrow()).satisfies(use -> {
            assertThat(use.records()).isEqualTo(4 * 10);
            assertThat(use.backlog()).isEqualTo(4 * 10);
        });
    }

    @Test
    void aDeposedOwnerTrimsNothing() throws Exception {
        TopicTrimmer trimmer = trimmer(Duration.ZERO);
        send(100);
        applied(100);
        database.control().migrations().takeOver(id, "test:2");

        assertThat(trimmer.look()).isEmpty();
        assertThat(topic.beginnings())
                .allSatisfy((partition, offset) -> assertThat(offset).isZero());
    }

    @Test
    void keepsForAWhileWhatWasAppliedLately() throws Exception {
        TopicTrimmer trimmer = trimmer(Duration.ofHours(1));
        send(100);
        applied(100);

        assertThat(trimmer.look().orElseThrow().records()).isEqualTo(400);
        assertThat(trimmer.look().orElseThrow().records()).isEqualTo(400);
    }

    private TopicTrimmer trimmer(Duration margin) {
        return new TopicTrimmer(database.control(), plan, epoch, topic, tail::firstKept, margin);
    }

    /** This many to every partition. */
    private void send(int records) {
        String name = new TopicNames(id).changes();
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", bootstrapServers, "linger.ms", 20),
                new ByteArraySerializer(),
                new ByteArraySerializer())) {
            for (int i = 0; i < records; i++) {
                for (int partition = 0; partition < plan.partitions(); partition++) {
                    producer.send(new ProducerRecord<>(name, partition, null, RECORD));
                }
            }
            producer.flush();
        }
    }

    private void applied(long nextOffset) throws Exception {
        try (Connection connection = java.sql.DriverManager.getConnection(
                TestServers.postgres(PostgresVersion.V17).jdbcUrl(),
                TestServers.postgres(PostgresVersion.V17).user(),
                TestServers.postgres(PostgresVersion.V17).password())) {
            for (int partition = 0; partition < plan.partitions(); partition++) {
                ProgressRows.save(connection, id, partition, nextOffset, 1, 0);
            }
        }
    }

    /** The broker deletes the closed segments when it looks next. */
    private void awaitBytesBelow(long most, TopicTrimmer trimmer) {
        long giveUpAt = System.nanoTime() + Duration.ofSeconds(90).toNanos();
        while (trimmer.look().orElseThrow().bytes() >= most) {
            assertThat(System.nanoTime()).as("%s", trimmer.look()).isLessThan(giveUpAt);
            LockSupport.parkNanos(200_000_000);
        }
    }
}
