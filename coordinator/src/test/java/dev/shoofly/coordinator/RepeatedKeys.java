package dev.shoofly.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.model.ChangeRecord.DirtyKey;
import dev.shoofly.model.ChangeRecordCodec;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.TopicNames;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Keys that a migration's capture has written to the changes topic, and that another one would write once more. */
final class RepeatedKeys {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private final String bootstrapServers;
    private final String topic;
    private final Map<DirtyKey, Integer> captured = new LinkedHashMap<>();

    /** What changes rows of the table. */
    @FunctionalInterface
    interface Writes {
        void run() throws SQLException;
    }

    private RepeatedKeys(String bootstrapServers, String topic) {
        this.bootstrapServers = bootstrapServers;
        this.topic = topic;
    }

    /** Those of the rows that these writes change, once the capture has written them all. */
    static RepeatedKeys captured(String bootstrapServers, MigrationId id, int rows, Writes writes) {
        RepeatedKeys keys = new RepeatedKeys(bootstrapServers, new TopicNames(id).changes());
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", bootstrapServers),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = consumer.partitionsFor(keys.topic).stream()
                    .map(each -> new TopicPartition(each.topic(), each.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToEnd(partitions);
            partitions.forEach(consumer::position);
            writes.run();
            keys.readOn(consumer, rows);
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
        return keys;
    }

    private void readOn(KafkaConsumer<byte[], byte[]> consumer, int rows) {
        Set<RowKey> found = new HashSet<>();
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (found.size() < rows) {
            assertThat(System.nanoTime()).as("%s of %s", found, rows).isLessThan(deadline);
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(50))) {
                if (ChangeRecordCodec.decode(record.value()) instanceof DirtyKey dirty) {
                    captured.put(dirty, record.partition());
                    found.add(dirty.key());
                }
            }
        }
    }

    /**
     * Writes them behind whatever the topic holds now.
     *
     * @param withoutPlace which are to be taken for changes of now
     * @return per partition, behind the last
     */
    Map<Integer, Long> repeat(Predicate<RowKey> withoutPlace) throws ExecutionException, InterruptedException {
        Map<Integer, Long> ends = new HashMap<>();
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", bootstrapServers), new ByteArraySerializer(), new ByteArraySerializer())) {
            for (Map.Entry<DirtyKey, Integer> each : captured.entrySet()) {
                DirtyKey dirty = each.getKey();
                DirtyKey again = withoutPlace.test(dirty.key()) ? dirty.placedAfter(DirtyKey.UNKNOWN) : dirty;
                RecordMetadata sent = producer.send(
                                new ProducerRecord<>(topic, each.getValue(), null, ChangeRecordCodec.encode(again)))
                        .get();
                ends.put(sent.partition(), sent.offset() + 1);
            }
        }
        return ends;
    }
}
