package dev.shoofly.verifier;

import dev.shoofly.database.Database;
import dev.shoofly.database.DirtyKeys;
import dev.shoofly.database.Reconciler;
import dev.shoofly.model.ChangeRecord;
import dev.shoofly.model.ChangeRecordCodec;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.TopicNames;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Writers that announce their changes themselves in place of a capture, and one thread that applies them through the real
 * reconciler once it is started. A marker waits for the writers between commit and announcement, so that it stands behind both.
 */
final class LivePipeline implements Markers, DirtyKeys, AutoCloseable {
    private final Database database;
    private final MigrationPlan plan;
    private final String topic;
    private final KafkaProducer<byte[], byte[]> producer;
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final ReadWriteLock order = new ReentrantReadWriteLock(true);
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private final AtomicLong writes = new AtomicLong();
    private final List<Thread> writers = new ArrayList<>();
    private final Thread applier = new Thread(() -> guarded(this::apply), "test-applier");
    private volatile boolean writing = true;
    private volatile boolean applying = true;

    /** One request at a time: what a partition without a leader refuses must not be overtaken. */
    static Map<String, Object> producing(Map<String, Object> kafka) {
        Map<String, Object> config = new HashMap<>(kafka);
        config.put(ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION, 1);
        return config;
    }

    LivePipeline(Database database, MigrationPlan plan, Map<String, Object> kafka) {
        this.database = database;
        this.plan = plan;
        this.topic = new TopicNames(plan.id()).changes();
        this.producer = new KafkaProducer<>(producing(kafka), new ByteArraySerializer(), new ByteArraySerializer());
        this.consumer = new KafkaConsumer<>(kafka, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    void startApplier() {
        applier.start();
    }

    /** Each row has one writer, so that deleted ones can be inserted again without asking. */
    void startWriter(Callable<Connection> connect, int firstRow, int rows, Random random) {
        Thread writer = new Thread(
                () -> guarded(() -> {
                    try (Connection connection = connect.call();
                            Statement statement = connection.createStatement()) {
                        while (writing) {
                            write(statement, firstRow + random.nextInt(rows), random);
                        }
                    }
                    return true;
                }),
                "test-writer");
        writers.add(writer);
        writer.start();
    }

    private void write(Statement statement, int id, Random random) throws Exception {
        String table = plan.source().table();
        order.readLock().lock();
        try {
            int changed = random.nextInt(5) == 0
                    ? statement.executeUpdate("DELETE FROM " + table + " WHERE id = " + id)
                    : statement.executeUpdate("UPDATE " + table + " SET total = " + random.nextInt(1_000_000)
                            + ", note = 'hot' WHERE id = " + id);
            if (changed == 0) {
                statement.executeUpdate(
                        "INSERT INTO " + table + " (id, customer, total) VALUES (" + id + ", 'again', 1)");
            }
            RowKey key = RowKey.of(Integer.toString(id));
            send(plan.key().partition(key, plan.partitions()), new ChangeRecord.DirtyKey(key, "", 0));
            writes.incrementAndGet();
        } finally {
            order.readLock().unlock();
        }
    }

    @Override
    public void publish(List<RowKey> keys) {
        for (RowKey key : keys) {
            send(plan.key().partition(key, plan.partitions()), new ChangeRecord.DirtyKey(key, "", 0));
        }
        producer.flush();
    }

    long writes() {
        return writes.get();
    }

    void throwFailure() {
        Throwable error = failure.get();
        if (error != null) {
            throw new AssertionError("the pipeline of the test failed", error);
        }
    }

    @Override
    public long next() {
        order.writeLock().lock();
        try {
            long number = database.control().markers().next(plan.id());
            for (int partition = 0; partition < plan.partitions(); partition++) {
                send(partition, new ChangeRecord.Marker(number, "", 0));
            }
            return number;
        } finally {
            order.writeLock().unlock();
        }
    }

    @Override
    public long passedByAll() {
        return database.control().progress().markerPassedByAll(plan.id());
    }

    private void send(int partition, ChangeRecord change) {
        Future<?> unused = producer.send(
                new ProducerRecord<>(topic, partition, null, ChangeRecordCodec.encode(change)), (sent, error) -> {
                    if (error != null) {
                        failure.compareAndSet(null, error);
                    }
                });
    }

    private boolean apply() {
        Reconciler reconciler = database.reconciler(plan);
        List<TopicPartition> partitions = IntStream.range(0, plan.partitions())
                .mapToObj(number -> new TopicPartition(topic, number))
                .toList();
        long[] epochs = IntStream.range(0, plan.partitions())
                .mapToLong(number ->
                        database.control().progress().claim(plan.id(), number).epoch())
                .toArray();
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
        while (applying) {
            ConsumerRecords<byte[], byte[]> records = consumer.poll(Duration.ofMillis(20));
            for (TopicPartition partition : records.partitions()) {
                applyBatch(reconciler, partition.partition(), epochs, records.records(partition));
            }
        }
        return true;
    }

    private static void applyBatch(
            Reconciler reconciler, int partition, long[] epochs, List<ConsumerRecord<byte[], byte[]>> records) {
        Set<RowKey> keys = new LinkedHashSet<>();
        long marker = 0;
        for (ConsumerRecord<byte[], byte[]> record : records) {
            ChangeRecord change = ChangeRecordCodec.decode(record.value());
            if (change instanceof ChangeRecord.DirtyKey dirty) {
                keys.add(dirty.key());
            } else if (change instanceof ChangeRecord.Marker passed) {
                marker = Math.max(marker, passed.number());
            }
        }
        long next = records.get(records.size() - 1).offset() + 1;
        reconciler.apply(new Reconciler.Batch(partition, epochs[partition], List.copyOf(keys), Set.of(), next, marker));
    }

    private void guarded(Callable<Boolean> work) {
        try {
            work.call();
        } catch (Throwable e) {
            failure.compareAndSet(null, e);
        }
    }

    void stopWriters() throws InterruptedException {
        writing = false;
        for (Thread writer : writers) {
            writer.join();
        }
        throwFailure();
    }

    @Override
    public void close() {
        writing = false;
        applying = false;
        try {
            for (Thread writer : writers) {
                writer.join();
            }
            applier.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        consumer.close();
        producer.close();
    }
}
