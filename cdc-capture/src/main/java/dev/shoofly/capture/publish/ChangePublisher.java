package dev.shoofly.capture.publish;

import dev.shoofly.model.ChangeRecord;
import dev.shoofly.model.ChangeRecordCodec;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.TopicNames;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * Writes changes to the changes topic: each key to the partition that owns it, each marker to all. One thread, but for
 * {@link #close}. After a failure it accepts nothing more, for what follows a lost record must not be written.
 */
public final class ChangePublisher implements AutoCloseable {
    private static final Duration CLOSE_LIMIT = Duration.ofSeconds(5);
    private static final int BATCH_BYTES = 128 * 1024;

    private final MigrationPlan plan;
    private final String topic;
    private final Producer<byte[], byte[]> producer;
    private final AtomicReference<@Nullable Exception> failure = new AtomicReference<>();

    /** @param outage longest time that the brokers may be away before publishing fails */
    public ChangePublisher(MigrationPlan plan, String bootstrapServers, Duration outage) {
        this(plan, producer(plan, bootstrapServers, outage));
    }

    ChangePublisher(MigrationPlan plan, Producer<byte[], byte[]> producer) {
        this.plan = plan;
        this.topic = new TopicNames(plan.id()).changes();
        this.producer = producer;
    }

    private static Producer<byte[], byte[]> producer(MigrationPlan plan, String bootstrapServers, Duration outage) {
        Map<String, Object> settings = Map.of(
                ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                bootstrapServers,
                ProducerConfig.CLIENT_ID_CONFIG,
                "shoofly-" + plan.id() + "-capture",
                ProducerConfig.ACKS_CONFIG,
                "all",
                ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG,
                true,
                // Of several requests under way a partition without a leader may refuse the first and, with a leader by
                // then, take the second: the first is out of order from there on and never gets through.
                ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION,
                1,
                ProducerConfig.LINGER_MS_CONFIG,
                1,
                ProducerConfig.BATCH_SIZE_CONFIG,
                BATCH_BYTES,
                ProducerConfig.MAX_BLOCK_MS_CONFIG,
                outage.toMillis(),
                ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG,
                (int) Math.min(outage.toMillis(), Integer.MAX_VALUE));
        return new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
    }

    /**
     * Returns when every change is acknowledged by all in-sync replicas.
     *
     * @throws ShooflyException TRANSIENT when the brokers did not take them in time, REFUSED when they never will; some
     *     may be in the topic
     */
    public void publish(List<ChangeRecord> changes) {
        for (ChangeRecord change : changes) {
            byte[] value = ChangeRecordCodec.encode(change);
            if (change instanceof ChangeRecord.DirtyKey dirty) {
                send(plan.key().partition(dirty.key(), plan.partitions()), value);
            } else {
                // A marker vouches for all keys before it: were one of them to fail while the marker gets through, the
                // cut-over would believe that it has been applied.
                awaitAcknowledgements();
                for (int partition = 0; partition < plan.partitions(); partition++) {
                    send(partition, value);
                }
            }
        }
        awaitAcknowledgements();
    }

    private void send(int partition, byte[] value) {
        try {
            producer.send(new ProducerRecord<>(topic, partition, null, value), (metadata, error) -> {
                if (error != null) {
                    failure.compareAndSet(null, error);
                }
            });
        } catch (RuntimeException e) {
            failure.compareAndSet(null, e);
        }
        check();
    }

    private void awaitAcknowledgements() {
        try {
            producer.flush();
        } catch (RuntimeException e) {
            failure.compareAndSet(null, e);
        }
        check();
    }

    private void check() {
        Exception error = failure.get();
        if (error != null) {
            throw new ShooflyException(
                    isRefusal(error) ? ErrorKind.REFUSED : ErrorKind.TRANSIENT,
                    "the capture of " + plan.source() + " could not write to Kafka topic " + topic + ": "
                            + error.getMessage()
                            + ". Nothing is lost: the position in the database's log was not moved past it.",
                    error);
        }
    }

    private static boolean isRefusal(Exception error) {
        return error instanceof AuthorizationException
                || error instanceof AuthenticationException
                || error instanceof RecordTooLargeException;
    }

    /** Waits a few seconds for records under way. */
    @Override
    public void close() {
        producer.close(CLOSE_LIMIT);
    }
}
