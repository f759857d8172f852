package dev.shoofly.verifier;

import dev.shoofly.database.control.Json;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.KeyColumn;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.TopicNames;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Mismatches as JSON in the migration's mismatches topic, for analysts ({@code docs/mismatches.md}). The record's key is
 * the row's, so that compaction keeps the latest verdict on each row. Carries keys and column names, no other values.
 */
public final class MismatchTopic implements MismatchSink, AutoCloseable {
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);
    private final KafkaProducer<byte[], byte[]> producer;
    private final MigrationPlan plan;
    private final InstantSource clock;
    private final String topic;

    /** @param kafka how to reach the cluster: {@code bootstrap.servers} and whatever its security needs */
    public MismatchTopic(Map<String, Object> kafka, MigrationPlan plan, InstantSource clock) {
        Map<String, Object> config = new HashMap<>(kafka);
        config.put(ProducerConfig.ACKS_CONFIG, "all");
        config.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
        config.put(ProducerConfig.LINGER_MS_CONFIG, 0);
        this.producer = new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer());
        this.plan = plan;
        this.clock = clock;
        this.topic = new TopicNames(plan.id()).mismatches();
    }

    /** @throws ShooflyException TRANSIENT when Kafka did not acknowledge */
    @Override
    public void report(Mismatch mismatch) {
        String key = Objects.requireNonNull(Json.writeKey(mismatch.key()));
        byte[] value = json(plan, mismatch, clock).getBytes(StandardCharsets.UTF_8);
        try {
            producer.send(new ProducerRecord<>(topic, key.getBytes(StandardCharsets.UTF_8), value))
                    .get();
        } catch (InterruptedException | InterruptException e) {
            Thread.currentThread().interrupt();
            throw failure(ErrorKind.SUPERSEDED, e);
        } catch (ExecutionException | KafkaException e) {
            throw failure(ErrorKind.TRANSIENT, e);
        }
    }

    static String json(MigrationPlan plan, Mismatch mismatch, InstantSource clock) {
        Map<String, Object> message = new LinkedHashMap<>();
        message.put("migration", plan.id().value());
        message.put("schema", plan.source().schema());
        message.put("table", plan.source().table());
        message.put("shadow", plan.shadow().table());
        message.put("key", key(plan, mismatch.key()));
        message.put("kind", mismatch.kind().name().toLowerCase(Locale.ROOT));
        message.put("columns", mismatch.columns());
        message.put("classification", "STABLE");
        message.put("attempts", mismatch.attempts());
        message.put("foundAt", clock.instant().toString());
        return Json.write(message);
    }

    private static List<Map<String, String>> key(MigrationPlan plan, RowKey key) {
        List<Map<String, String>> columns = new ArrayList<>();
        for (int i = 0; i < key.values().size(); i++) {
            KeyColumn column = plan.key().columns().get(i);
            Map<String, String> value = new LinkedHashMap<>();
            value.put("column", column.sourceName());
            value.put("value", key.values().get(i));
            columns.add(value);
        }
        return columns;
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
