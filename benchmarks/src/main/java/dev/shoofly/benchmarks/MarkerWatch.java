package dev.shoofly.benchmarks;

import dev.shoofly.capture.CaptureEngine;
import dev.shoofly.model.ChangeRecord;
import dev.shoofly.model.ChangeRecordCodec;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.TopicNames;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Reads one partition of the changes topic, from now on, for markers. One thread. */
final class MarkerWatch implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final Duration GLANCE = Duration.ofMillis(5);

    private final KafkaConsumer<byte[], byte[]> consumer;
    private final MigrationPlan plan;
    private final List<TopicPartition> partitions;
    private final long sinceMicros;
    private long markers;
    private long keys;

    /** @param sinceMicros keys of changes committed earlier do not count: a resumed capture may repeat some */
    MarkerWatch(Bed bed, MigrationPlan plan, long sinceMicros) {
        this.plan = plan;
        this.sinceMicros = sinceMicros;
        this.consumer = new KafkaConsumer<>(
                Map.of(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, bed.bootstrapServers()),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
        String topic = new TopicNames(plan.id()).changes();
        this.partitions = IntStream.range(0, plan.partitions())
                .mapToObj(partition -> new TopicPartition(topic, partition))
                .toList();
        TopicPartition first = partitions.get(0);
        consumer.assign(List.of(first));
        consumer.seekToEnd(List.of(first));
        consumer.position(first);
    }

    /** Returns once this marker is in the topic: everything before it in the log is as well. */
    void await(long marker, CaptureEngine engine) {
        long giveUpAt = System.nanoTime() + PATIENCE.toNanos();
        long seen = 0;
        while (seen < marker) {
            engine.failure().ifPresent(error -> {
                throw new BenchmarkFailure("the capture failed: " + error.getMessage(), error);
            });
            if (System.nanoTime() > giveUpAt) {
                throw new BenchmarkFailure("marker " + marker + " did not come within " + PATIENCE);
            }
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(GLANCE)) {
                ChangeRecord change = ChangeRecordCodec.decode(record.value());
                if (change instanceof ChangeRecord.Marker found) {
                    seen = Math.max(seen, found.number());
                    markers++;
                } else if (change instanceof ChangeRecord.DirtyKey dirty && dirty.commitMicros() >= sinceMicros) {
                    keys++;
                }
            }
        }
    }

    /** New keys in the partition that is read. */
    long keysRead() {
        return keys;
    }

    /** Records in the whole topic that are no markers, counted from anywhere: only differences mean something. */
    long keysInAll() {
        long records = consumer.endOffsets(partitions).values().stream()
                .mapToLong(Long::longValue)
                .sum();
        return records - markers * plan.partitions();
    }

    @Override
    public void close() {
        consumer.close();
    }
}
