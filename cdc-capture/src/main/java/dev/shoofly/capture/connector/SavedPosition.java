package dev.shoofly.capture.connector;

import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.TopicNames;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Looks whether the capture's topics are as they must be. One thread. */
public final class SavedPosition implements AutoCloseable {
    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(20);
    private static final Duration APPEARANCE_LIMIT = Duration.ofSeconds(10);
    private static final Duration POLL = Duration.ofMillis(100);
    private final MigrationPlan plan;
    private final TopicNames topics;
    private final Consumer<byte[], byte[]> consumer;

    public SavedPosition(MigrationPlan plan, String bootstrapServers) {
        this.plan = plan;
        this.topics = new TopicNames(plan.id());
        this.consumer = new KafkaConsumer<>(
                Map.of(
                        ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
                        bootstrapServers,
                        ConsumerConfig.CLIENT_ID_CONFIG,
                        "shoofly-" + plan.id() + "-capture-position",
                        ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG,
                        false,
                        ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG,
                        false,
                        ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG,
                        (int) ANSWER_LIMIT.toMillis()),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
    }

    /** Whether a position in the database's log is saved durably. */
    public boolean exists() {
        try {
            TopicPartition partition = new TopicPartition(topics.captureOffsets(), 0);
            if (partitions(topics.captureOffsets()) == 0) {
                return false;
            }
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            return findValue(partition);
        } catch (KafkaException e) {
            throw unreachable(e);
        }
    }

    private boolean findValue(TopicPartition partition) {
        long end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
        boolean found = false;
        while (consumer.position(partition) < end) {
            for (ConsumerRecord<byte[], byte[]> each : consumer.poll(POLL)) {
                found = each.value() != null;
            }
        }
        return found;
    }

    /** @throws ShooflyException REFUSED when the changes topic is missing or has another number of partitions */
    public void requireChangesTopic() {
        int partitions;
        try {
            partitions = partitions(topics.changes());
        } catch (KafkaException e) {
            throw unreachable(e);
        }
        if (partitions != plan.partitions()) {
            throw new ShooflyException(
                    ErrorKind.REFUSED,
                    "the capture of " + plan.source() + " cannot start: Kafka topic " + topics.changes() + " has "
                            + partitions + " partitions instead of " + plan.partitions()
                            + (partitions == 0 ? " (it does not exist)" : "")
                            + ". Changes may have been lost with it. Cancel the migration and start it again.");
        }
    }

    /** A topic just created, or a broker just started, is not known everywhere at once. */
    private int partitions(String topic) {
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

    private ShooflyException unreachable(KafkaException error) {
        return new ShooflyException(
                ErrorKind.TRANSIENT,
                "the capture of " + plan.source() + " could not ask Kafka for its topics: " + error.getMessage()
                        + ". Nothing was changed.",
                error);
    }

    @Override
    public void close() {
        consumer.close();
    }
}
