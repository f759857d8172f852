package dev.shoofly.verifier;

import dev.shoofly.database.Comparer.Reproduction;
import dev.shoofly.database.Comparer.RowDifference;
import dev.shoofly.database.control.Json;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.TopicNames;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * Mismatches as JSON in the migration's mismatches topic, for analysts ({@code docs/mismatches.md}). The record's key is
 * the row's, so that compaction keeps the latest verdict on each row. Carries keys and column names, and values only when the
 * operator asked for them.
 */
public final class MismatchTopic implements MismatchSink, AutoCloseable {
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);
    private final KafkaProducer<byte[], byte @Nullable []> producer;
    private final MigrationPlan plan;
    private final Function<RowDifference, Reproduction> reproduce;
    private final InstantSource clock;
    private final String topic;

    /**
     * @param kafka how to reach the cluster: {@code bootstrap.servers} and whatever its security needs
     * @param reproduce statements by which a person sees the row
     */
    public MismatchTopic(
            Map<String, Object> kafka,
            MigrationPlan plan,
            Function<RowDifference, Reproduction> reproduce,
            InstantSource clock) {
        Map<String, Object> config = new HashMap<>(kafka);
        config.put(ProducerConfig.ACKS_CONFIG, "all");
        config.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
        config.put(ProducerConfig.LINGER_MS_CONFIG, 0);
        this.producer = new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer());
        this.plan = plan;
        this.reproduce = reproduce;
        this.clock = clock;
        this.topic = new TopicNames(plan.id()).mismatches();
    }

    /** The verdict as the JSON of the topic's records. */
    public static String json(MigrationPlan plan, Mismatch mismatch, Reproduction reproduction, InstantSource clock) {
        return MismatchMessage.json(plan, mismatch, reproduction, clock);
    }

    /** @throws ShooflyException TRANSIENT when Kafka did not acknowledge */
    @Override
    public void report(Mismatch mismatch) {
        send(mismatch.key(), json(mismatch).getBytes(StandardCharsets.UTF_8));
    }

    /** A tombstone: compaction removes what was said of the row. */
    @Override
    public void withdraw(RowKey key) {
        send(key, null);
    }

    private void send(RowKey row, byte @Nullable [] value) {
        byte[] key = Objects.requireNonNull(Json.writeKey(row)).getBytes(StandardCharsets.UTF_8);
        try {
            producer.send(new ProducerRecord<>(topic, key, value)).get();
        } catch (InterruptedException | InterruptException e) {
            Thread.currentThread().interrupt();
            throw failure(ErrorKind.SUPERSEDED, e);
        } catch (ExecutionException | KafkaException e) {
            throw failure(ErrorKind.TRANSIENT, e);
        }
    }

    private String json(Mismatch mismatch) {
        return MismatchMessage.json(plan, mismatch, reproduce.apply(mismatch.row()), clock);
    }

    private ShooflyException failure(ErrorKind kind, Exception cause) {
        return new ShooflyException(
                kind, "writing a mismatch to topic " + topic + " failed: " + cause.getMessage(), cause);
    }

    @Override
    public void close() {
        producer.close(CLOSE_TIMEOUT);
    }
}
