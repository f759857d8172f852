package dev.shoofly.applier;

import dev.shoofly.model.TopicNames;
import java.time.Duration;
import java.util.Properties;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.streams.StreamsConfig;

/** The configuration of the Streams application. */
final class StreamsSettings {
    /** How often offsets are committed: what a killed instance's successor reads again, and skips. */
    private static final Duration COMMIT_INTERVAL = Duration.ofSeconds(1);
    /**
     * While the database is away the writer repeats its batch and Streams' thread blocks behind it. That is no reason to
     * throw the instance out of the group (heartbeats go on in the background and tell whether it lives), so both limits
     * are longer than the writer's own patience.
     */
    private static final Duration LONGEST_OUTAGE = Duration.ofMinutes(30);

    private static final Duration LONGEST_RECONNECT_PAUSE = Duration.ofSeconds(1);

    private StreamsSettings() {}

    static Properties properties(ApplierSettings settings) {
        Properties properties = new Properties();
        String group = new TopicNames(settings.plan().id()).applierGroup();
        properties.put(StreamsConfig.APPLICATION_ID_CONFIG, group);
        properties.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, settings.bootstrapServers());
        properties.put(StreamsConfig.GROUP_PROTOCOL_CONFIG, "streams");
        properties.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.AT_LEAST_ONCE);
        properties.put(
                StreamsConfig.NUM_STREAM_THREADS_CONFIG,
                Math.min(settings.threads(), settings.plan().partitions()));
        properties.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, COMMIT_INTERVAL.toMillis());
        properties.put(StreamsConfig.TASK_TIMEOUT_MS_CONFIG, LONGEST_OUTAGE.toMillis());
        properties.put(
                StreamsConfig.STATE_DIR_CONFIG,
                settings.stateDirectory().toAbsolutePath().toString());
        properties.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 0L);
        // Said to be for tests; with the group protocol of Streams there is no other way to its consumer.
        properties.put(StreamsConfig.InternalConfig.INTERNAL_CONSUMER_WRAPPER, RestingConsumer.class);
        properties.put(CommonClientConfigs.RECONNECT_BACKOFF_MAX_MS_CONFIG, LONGEST_RECONNECT_PAUSE.toMillis());
        properties.put(StreamsConfig.consumerPrefix(ConsumerConfig.MAX_POLL_INTERVAL_MS_CONFIG), (int)
                LONGEST_OUTAGE.toMillis());
        return properties;
    }
}
