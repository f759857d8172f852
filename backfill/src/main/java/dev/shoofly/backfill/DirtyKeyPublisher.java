package dev.shoofly.backfill;

import dev.shoofly.database.DirtyKeys;
import dev.shoofly.model.ChangeRecord;
import dev.shoofly.model.ChangeRecordCodec;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.TopicNames;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Sends keys to the changes topic of one migration, each to the partition that owns it. Thread-safe. */
public final class DirtyKeyPublisher implements DirtyKeys, AutoCloseable {
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);
    private final Producer<byte[], byte[]> producer;
    private final MigrationPlan plan;
    private final String topic;

    /** @param kafka how to reach the cluster: {@code bootstrap.servers} and whatever its security needs */
    public DirtyKeyPublisher(Map<String, Object> kafka, MigrationPlan plan) {
        this(new KafkaProducer<>(config(kafka), new ByteArraySerializer(), new ByteArraySerializer()), plan);
    }

    DirtyKeyPublisher(Producer<byte[], byte[]> producer, MigrationPlan plan) {
        this.producer = producer;
        this.plan = plan;
        this.topic = new TopicNames(plan.id()).changes();
    }

    private static Map<String, Object> config(Map<String, Object> kafka) {
        Map<String, Object> config = new HashMap<>(kafka);
        config.put(ProducerConfig.ACKS_CONFIG, "all");
        config.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
        // Of several requests under way a partition without a leader may refuse the first and, with a leader by then,
        // take the second: the first is out of order from there on and never gets through.
        config.put(ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION, 1);
        // The sweep waits for the acknowledgement inside its transaction; the server ends one that idles for 30 s.
        config.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 15_000);
        config.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, 10_000);
        config.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, 10_000);
        config.put(ProducerConfig.LINGER_MS_CONFIG, 0);
        return config;
    }

    /**
     * Returns when all of them are acknowledged by every in-sync replica. Repeatable: a key that arrives twice is
     * reconciled twice.
     *
     * @throws ShooflyException TRANSIENT when Kafka did not acknowledge; some of the keys may have arrived
     */
    @Override
    public void publish(List<RowKey> keys) {
        try {
            List<Future<RecordMetadata>> sent = new ArrayList<>(keys.size());
            for (RowKey key : keys) {
                sent.add(producer.send(record(key)));
            }
            for (Future<RecordMetadata> each : sent) {
                each.get();
            }
        } catch (InterruptedException | InterruptException e) {
            Thread.currentThread().interrupt();
            throw failure(ErrorKind.SUPERSEDED, keys.size(), e);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw failure(kind(cause), keys.size(), cause);
        } catch (KafkaException e) {
            throw failure(kind(e), keys.size(), e);
        }
    }

    private ProducerRecord<byte[], byte[]> record(RowKey key) {
        // No transaction to await: the row was seen to be gone, or to conflict, by a read of the current state.
        byte[] value = ChangeRecordCodec.encode(new ChangeRecord.DirtyKey(key, "", 0));
        return new ProducerRecord<>(topic, plan.key().partition(key, plan.partitions()), null, value);
    }

    private static ErrorKind kind(Throwable error) {
        return error instanceof AuthorizationException ? ErrorKind.REFUSED : ErrorKind.TRANSIENT;
    }

    private ShooflyException failure(ErrorKind kind, int keys, Throwable cause) {
        return new ShooflyException(
                kind,
                "sending " + keys + " keys to topic " + topic + " failed: " + cause.getMessage()
                        + ". The chunk they belong to is not finished; it is safe to do it again",
                cause);
    }

    @Override
    public void close() {
        producer.close(CLOSE_TIMEOUT);
    }
}
