package dev.shoofly.capture.connector;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Reads the capture's topics. One thread. */
final class PositionTopic implements AutoCloseable {
    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(20);
    private static final Duration APPEARANCE_LIMIT = Duration.ofSeconds(10);
    private static final Duration POLL = Duration.ofMillis(100);
    private final Consumer<byte[], byte[]> consumer;

    PositionTopic(String bootstrapServers, String clientId) {
        this.consumer = new KafkaConsumer<>(
                Map.of(
                        ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
                        bootstrapServers,
                        ConsumerConfig.CLIENT_ID_CONFIG,
                        clientId,
                        ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG,
                        false,
                        ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG,
                        false,
                        ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG,
                        (int) ANSWER_LIMIT.toMillis()),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
    }

    /** 0 when there is no such topic. A topic just created, or a broker just started, is not known everywhere at once. */
    int partitions(String topic) {
        long deadline = System.nanoTime() + APPEARANCE_LIMIT.toNanos();
        int partitions = consumer.partitionsFor(topic).size();
        while (partitions == 0
                && System.nanoTime() < deadline
                && !Thread.currentThread().isInterrupted()) {
            LockSupport.parkNanos(POLL.toNanos());
            partitions = consumer.partitionsFor(topic).size();
        }
        return partitions;
    }

    /** The last value of each key of a topic that has one partition. */
    Map<ByteBuffer, ByteBuffer> read(String topic) {
        TopicPartition partition = new TopicPartition(topic, 0);
        consumer.assign(List.of(partition));
        consumer.seekToBeginning(List.of(partition));
        long end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
        Map<ByteBuffer, ByteBuffer> values = new HashMap<>();
        while (consumer.position(partition) < end) {
            for (ConsumerRecord<byte[], byte[]> each : consumer.poll(POLL)) {
                if (each.value() == null) {
                    values.remove(ByteBuffer.wrap(each.key()));
                } else {
                    values.put(ByteBuffer.wrap(each.key()), ByteBuffer.wrap(each.value()));
                }
            }
        }
        return values;
    }

    @Override
    public void close() {
        consumer.close();
    }
}
