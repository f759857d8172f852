package dev.shoofly.capture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.model.ChangeRecord;
import dev.shoofly.model.ChangeRecordCodec;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.TopicNames;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Reads a migration's changes topic from its beginning and remembers everything. */
final class ChangesTopicReader implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private final MigrationPlan plan;
    private final Consumer<byte[], byte[]> consumer;
    private final List<List<ChangeRecord>> partitions = new ArrayList<>();

    ChangesTopicReader(MigrationPlan plan, String bootstrapServers) {
        this.plan = plan;
        this.consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", bootstrapServers),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
        String topic = new TopicNames(plan.id()).changes();
        List<TopicPartition> all = IntStream.range(0, plan.partitions())
                .mapToObj(partition -> new TopicPartition(topic, partition))
                .toList();
        all.forEach(each -> partitions.add(new ArrayList<>()));
        consumer.assign(all);
        consumer.seekToBeginning(all);
    }

    /** Reads on until this marker, or a later one, stands in every partition. */
    void awaitMarker(long number) {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (!partitions.stream().allMatch(each -> greatestMarker(each) >= number)) {
            assertThat(System.nanoTime())
                    .as("marker %s arrives; have %s", number, partitions)
                    .isLessThan(deadline);
            poll();
        }
    }

    /** Reads on until all these keys have come. */
    void awaitKeys(Set<RowKey> keys) {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (!distinctKeys().containsAll(keys)) {
            assertThat(System.nanoTime())
                    .as("%s arrive; have %s", keys, partitions)
                    .isLessThan(deadline);
            poll();
        }
    }

    /** As {@link #awaitKeys(Set)}; an engine that ends meanwhile says why. */
    void awaitKeys(Set<RowKey> keys, CaptureEngine engine) {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (!distinctKeys().containsAll(keys)) {
            assertThat(engine.failure()).isEmpty();
            assertThat(System.nanoTime())
                    .as("%s arrive; have %s", keys, partitions)
                    .isLessThan(deadline);
            poll();
        }
    }

    /** Reads what was acknowledged before. */
    void readOn() {
        Map<TopicPartition, Long> ends = consumer.endOffsets(consumer.assignment());
        while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
            poll();
        }
    }

    void poll() {
        for (ConsumerRecord<byte[], byte[]> each : consumer.poll(Duration.ofMillis(50))) {
            assertThat(each.key()).isNull();
            partitions.get(each.partition()).add(ChangeRecordCodec.decode(each.value()));
        }
    }

    private static long greatestMarker(List<ChangeRecord> partition) {
        return partition.stream()
                .mapToLong(each -> each instanceof ChangeRecord.Marker marker ? marker.number() : -1)
                .max()
                .orElse(-1);
    }

    List<List<ChangeRecord>> partitions() {
        return partitions;
    }

    List<ChangeRecord.DirtyKey> dirtyKeys() {
        List<ChangeRecord.DirtyKey> keys = new ArrayList<>();
        for (List<ChangeRecord> partition : partitions) {
            for (ChangeRecord each : partition) {
                if (each instanceof ChangeRecord.DirtyKey dirty) {
                    keys.add(dirty);
                }
            }
        }
        return keys;
    }

    List<RowKey> keys() {
        return dirtyKeys().stream().map(ChangeRecord.DirtyKey::key).toList();
    }

    Set<RowKey> distinctKeys() {
        return new HashSet<>(keys());
    }

    /** Each key stands in the partition that owns it. */
    void assertPartitionsRight() {
        for (int partition = 0; partition < partitions.size(); partition++) {
            for (ChangeRecord each : partitions.get(partition)) {
                if (each instanceof ChangeRecord.DirtyKey dirty) {
                    assertThat(plan.key().partition(dirty.key(), plan.partitions()))
                            .isEqualTo(partition);
                }
            }
        }
    }

    /** Forgets what was read. */
    void clear() {
        partitions.forEach(List::clear);
    }

    @Override
    public void close() {
        consumer.close();
    }
}
