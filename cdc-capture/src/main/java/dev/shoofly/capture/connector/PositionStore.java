package dev.shoofly.capture.connector;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.connect.runtime.WorkerConfig;
import org.apache.kafka.connect.storage.OffsetBackingStore;
import org.apache.kafka.connect.util.Callback;
import org.jspecify.annotations.Nullable;

/**
 * Where Debezium keeps its position: a compacted topic, in the format of Kafka Connect's own store. That one waits for
 * absent brokers without a limit, in reads and at the stop too, and leaves an admin client behind each time; this one never
 * waits long. A position that is not saved now is saved with a later batch, and until then a restart repeats changes.
 *
 * <p>Named in the connector's properties; called by Debezium's threads.
 */
public final class PositionStore implements OffsetBackingStore {
    private static final String CLIENT_ID = "shoofly-capture-offsets";
    private static final Duration STOP_LIMIT = Duration.ofSeconds(3);
    private static final int BLOCK_LIMIT_MILLIS = 2_000;
    private static final int DELIVERY_LIMIT_MILLIS = 30_000;
    private static final int REQUEST_LIMIT_MILLIS = 10_000;

    private final Map<ByteBuffer, ByteBuffer> saved = new ConcurrentHashMap<>();
    private String bootstrapServers = "";
    private String topic = "";
    private @Nullable Producer<byte[], byte[]> producer;

    @Override
    public void configure(WorkerConfig config) {
        bootstrapServers = config.originalsStrings().getOrDefault("bootstrap.servers", "");
        topic = config.originalsStrings().getOrDefault("offset.storage.topic", "");
    }

    @Override
    public void start() {
        try (PositionTopic reader = new PositionTopic(bootstrapServers, CLIENT_ID)) {
            saved.putAll(reader.read(topic));
        }
        producer = new KafkaProducer<>(
                Map.of(
                        ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers,
                        ProducerConfig.CLIENT_ID_CONFIG, CLIENT_ID,
                        ProducerConfig.ACKS_CONFIG, "all",
                        ProducerConfig.LINGER_MS_CONFIG, 0,
                        ProducerConfig.MAX_BLOCK_MS_CONFIG, BLOCK_LIMIT_MILLIS,
                        ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, REQUEST_LIMIT_MILLIS,
                        ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, DELIVERY_LIMIT_MILLIS),
                new ByteArraySerializer(),
                new ByteArraySerializer());
    }

    @Override
    public Future<Map<ByteBuffer, ByteBuffer>> get(Collection<ByteBuffer> keys) {
        Map<ByteBuffer, ByteBuffer> found = new HashMap<>();
        for (ByteBuffer key : keys) {
            ByteBuffer value = saved.get(key);
            if (value != null) {
                found.put(key, value.duplicate());
            }
        }
        return CompletableFuture.completedFuture(found);
    }

    @Override
    public Future<Void> set(Map<ByteBuffer, ByteBuffer> values, Callback<Void> callback) {
        List<CompletableFuture<Void>> sent = new ArrayList<>();
        values.forEach((key, value) -> sent.add(send(key, value)));
        return CompletableFuture.allOf(sent.toArray(CompletableFuture<?>[]::new))
                .whenComplete((nothing, error) -> callback.onCompletion(error, nothing));
    }

    private CompletableFuture<Void> send(ByteBuffer key, ByteBuffer value) {
        CompletableFuture<Void> sent = new CompletableFuture<>();
        Objects.requireNonNull(producer, "started first")
                .send(new ProducerRecord<>(topic, 0, bytes(key), bytes(value)), (metadata, error) -> {
                    if (error == null) {
                        saved.put(key, value);
                        sent.complete(null);
                    } else {
                        sent.completeExceptionally(error);
                    }
                });
        return sent;
    }

    private static byte[] bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return bytes;
    }

    @Override
    public Set<Map<String, Object>> connectorPartitions(String connector) {
        return Set.of();
    }

    @Override
    public void stop() {
        if (producer != null) {
            producer.close(STOP_LIMIT);
        }
    }
}
