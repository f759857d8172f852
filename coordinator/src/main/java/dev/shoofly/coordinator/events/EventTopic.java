package dev.shoofly.coordinator.events;

import dev.shoofly.model.MigrationId;
import dev.shoofly.model.TopicNames;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/** The topic of all migrations' events. It is nobody's to delete. Used by one thread; connects at its first use. */
final class EventTopic implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final Duration CLOSE_WITHIN = Duration.ofSeconds(2);
    private final String bootstrapServers;
    private @Nullable KafkaProducer<byte[], byte[]> producer;

    EventTopic(String bootstrapServers) {
        this.bootstrapServers = bootstrapServers;
    }

    /** @throws KafkaException when it was not acknowledged in time */
    void send(MigrationId id, String json) throws InterruptedException {
        try {
            open().send(new ProducerRecord<>(
                            TopicNames.EVENTS,
                            id.value().getBytes(StandardCharsets.UTF_8),
                            json.getBytes(StandardCharsets.UTF_8)))
                    .get(2 * PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new KafkaException("topic " + TopicNames.EVENTS + " did not take an event: " + e.getMessage(), e);
        }
    }

    private KafkaProducer<byte[], byte[]> open() throws InterruptedException, ExecutionException, TimeoutException {
        if (producer == null) {
            create();
            producer = new KafkaProducer<>(
                    Map.of(
                            ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                            bootstrapServers,
                            ProducerConfig.ACKS_CONFIG,
                            "all",
                            ProducerConfig.LINGER_MS_CONFIG,
                            0,
                            ProducerConfig.MAX_BLOCK_MS_CONFIG,
                            (int) PATIENCE.toMillis(),
                            ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG,
                            (int) PATIENCE.toMillis(),
                            ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG,
                            2 * (int) PATIENCE.toMillis()),
                    new ByteArraySerializer(),
                    new ByteArraySerializer());
        }
        return producer;
    }

    /** One partition: events of a migration, and of all, in their order. */
    private void create() throws InterruptedException, ExecutionException, TimeoutException {
        try (Admin admin = Admin.create(Map.of(
                AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG,
                bootstrapServers,
                AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG,
                (int) PATIENCE.toMillis(),
                AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG,
                (int) PATIENCE.toMillis()))) {
            admin.createTopics(List.of(new NewTopic(TopicNames.EVENTS, Optional.of(1), Optional.empty())))
                    .all()
                    .get(2 * PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            if (!(e.getCause() instanceof TopicExistsException)) {
                throw e;
            }
        }
    }

    @Override
    public void close() {
        if (producer != null) {
            producer.close(CLOSE_WITHIN);
        }
    }
}
