package dev.shoofly.applier;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.database.DatabaseKind;
import dev.shoofly.database.Reconciler;
import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.database.connection.ConnectionProfile;
import dev.shoofly.database.connection.Secret;
import dev.shoofly.database.control.ControlTables;
import dev.shoofly.database.control.Progress;
import dev.shoofly.model.ChangeRecord;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationMetrics;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.TopicNames;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.KafkaBroker;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListStreamsGroupOffsetsSpec;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** A migration with its topic and progress rows, a producer in the capture's place, and any number of appliers. */
final class Scene implements AutoCloseable {
    final MigrationPlan plan;
    final String topic;
    final ConnectionPool pool;
    final ControlTables control;
    final LogTable log;
    final Admin admin;

    final KafkaBroker kafka;
    final DatabaseServer database;
    private final Path directory;
    private final KafkaProducer<byte[], byte[]> producer;
    private final List<AutoCloseable> closeables = new ArrayList<>();
    private final Map<Integer, List<String>> sent = new HashMap<>();
    private int next;

    Scene(DatabaseServer database, KafkaBroker kafka, Path directory, int partitions) throws Exception {
        this.kafka = kafka;
        this.database = database;
        this.directory = directory;
        this.plan = Plans.withPartitions(partitions);
        this.topic = new TopicNames(plan.id()).changes();
        this.pool = pool(database.jdbcUrl(), database.user(), database.password());
        this.control = new ControlTables(pool, DatabaseKind.POSTGRES);
        control.install();
        control.progress().create(plan.id(), partitions);
        LogTable.create(pool);
        this.log = new LogTable(pool, plan.id(), "test");
        this.admin = Admin.create(Map.of("bootstrap.servers", kafka.bootstrapServers()));
        this.producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", kafka.bootstrapServers(), "acks", "all"),
                new ByteArraySerializer(),
                new ByteArraySerializer());
        admin.createTopics(List.of(new NewTopic(topic, partitions, (short) 1)))
                .all()
                .get();
        awaitLeaders();
    }

    /**
     * A new partition refuses records for a moment. If it refuses a producer's first batch and takes the second, it takes
     * the first no more (its sequence number is too low): the producer would hang on it for two minutes.
     */
    private void awaitLeaders() {
        Map<TopicPartition, OffsetSpec> ends = new HashMap<>();
        for (int partition = 0; partition < plan.partitions(); partition++) {
            ends.put(new TopicPartition(topic, partition), OffsetSpec.latest());
        }
        Await.until(() -> {
            try {
                admin.listOffsets(ends).all().get();
                return true;
            } catch (ExecutionException e) {
                if (e.getCause() instanceof RetriableException) {
                    return false;
                }
                throw new AssertionError(e);
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        });
    }

    static ConnectionPool pool(String url, String user, String password) {
        // As the dialect's sessions, but sooner: a stopped process must not hold its progress row for ever.
        return new ConnectionPool(
                new ConnectionProfile(url, user, new Secret(password)),
                "test",
                16,
                List.of("SET idle_in_transaction_session_timeout = '2s'"),
                new Properties());
    }

    Applier start(String instance) {
        return start(instance, FaultPoints.NONE);
    }

    Applier start(String instance, FaultPoints faultPoints) {
        return start(instance, new LogTable(pool, plan.id(), instance), faultPoints);
    }

    Applier start(String instance, Reconciler reconciler, FaultPoints faultPoints) {
        Applier applier = new Applier(
                settings(plan, kafka.bootstrapServers(), directory.resolve(instance)),
                reconciler,
                control.progress(),
                MigrationMetrics.NONE,
                faultPoints);
        closeables.add(applier);
        applier.start();
        return applier;
    }

    /**
     * As above, on a host whose clock is wrong.
     *
     * @param writersWhenBehind of a batch that is behind
     */
    Applier start(String instance, InstantSource hostClock, IntSupplier writersWhenBehind) {
        ApplierSettings usual = settings(plan, kafka.bootstrapServers(), directory.resolve(instance));
        Applier applier = new Applier(
                new ApplierSettings(
                        plan,
                        usual.bootstrapServers(),
                        usual.stateDirectory(),
                        usual.threads(),
                        usual.batchKeys(),
                        usual.sessionTimeout(),
                        new WriterLimits(writersWhenBehind, () -> Integer.MAX_VALUE)),
                new LogTable(pool, plan.id(), instance),
                control.progress(),
                MigrationMetrics.NONE,
                FaultPoints.NONE,
                hostClock);
        closeables.add(applier);
        applier.start();
        return applier;
    }

    static ApplierSettings settings(MigrationPlan plan, String bootstrapServers, Path directory) {
        return new ApplierSettings(plan, bootstrapServers, directory, 2, 50, Duration.ofSeconds(2));
    }

    /** Sends this many changes of keys that occur once, spread over the partitions; returns when Kafka has them. */
    void send(int changes) throws Exception {
        List<Future<RecordMetadata>> acknowledged = new ArrayList<>();
        for (int i = 0; i < changes; i++) {
            String key = Integer.toString(next++);
            int partition = plan.key().partition(dev.shoofly.model.RowKey.of(key), plan.partitions());
            sent.computeIfAbsent(partition, absent -> new ArrayList<>()).add(key);
            acknowledged.add(put(partition, Changes.key(key)));
        }
        for (Future<RecordMetadata> each : acknowledged) {
            each.get(60, TimeUnit.SECONDS);
        }
    }

    Future<RecordMetadata> put(int partition, ChangeRecord change) {
        return producer.send(new ProducerRecord<>(topic, partition, null, Changes.bytes(change)));
    }

    int sent() {
        return next;
    }

    /** Waits until as many keys are applied as were sent, then checks that each is there once and in order. */
    void assertAllAppliedOnceAndInOrder() {
        Await.until(Duration.ofSeconds(60), () -> log.count() >= next);
        for (int partition = 0; partition < plan.partitions(); partition++) {
            assertThat(log.keysOf(partition)).isEqualTo(sent.getOrDefault(partition, List.of()));
        }
    }

    Map<TopicPartition, Long> committedOffsets() throws Exception {
        String group = new TopicNames(plan.id()).applierGroup();
        Map<TopicPartition, OffsetAndMetadata> found = admin.listStreamsGroupOffsets(
                        Map.of(group, new ListStreamsGroupOffsetsSpec()))
                .partitionsToOffsetAndMetadata(group)
                .get();
        Map<TopicPartition, Long> committed = new HashMap<>();
        found.forEach((at, offset) -> {
            if (offset != null) {
                committed.put(at, offset.offset());
            }
        });
        return committed;
    }

    /** Reads what Kafka has committed first, so that progress can only be further. */
    void assertNoOffsetIsAheadOfTheProgress() throws Exception {
        Map<TopicPartition, Long> committed = committedOffsets();
        for (Progress progress : control.progress().list(plan.id())) {
            assertThat(committed.getOrDefault(new TopicPartition(topic, progress.partition()), 0L))
                    .isLessThanOrEqualTo(progress.nextOffset());
        }
    }

    @Override
    public void close() throws Exception {
        for (AutoCloseable each : closeables) {
            each.close();
        }
        producer.close(Duration.ofSeconds(1));
        admin.close(Duration.ofSeconds(1));
        pool.close();
    }
}
