package dev.shoofly.verifier.sweep;

import dev.shoofly.database.Comparer;
import dev.shoofly.database.throttle.Throttle;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.TopicNames;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.streams.CloseOptions;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One instance of a migration's verifier. Any number of them, in any processes, share the partitions of the tasks topic. It
 * reads both tables and writes verdicts, nothing else: whatever becomes of it costs a sweep time, never its proof. The methods
 * are one owner's.
 */
public final class VerifierInstance implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(VerifierInstance.class);
    private static final Duration COMMIT_INTERVAL = Duration.ofSeconds(1);
    /** Of a killed instance the owner compares the ranges itself meanwhile. */
    private static final Duration SESSION = Duration.ofSeconds(6);
    /** A comparison outlasts a restart of the server, and waits while the migration is paused: heartbeats go on meanwhile. */
    private static final Duration LONGEST_WAIT = Duration.ofMinutes(30);
    /** Few, so that who joins finds something left. */
    private static final int TASKS_PER_POLL = 2;

    private static final Duration CLOSES_WITHIN = Duration.ofSeconds(2);

    private final Settings settings;
    private final Set<Thread> busy = ConcurrentHashMap.newKeySet();
    private final KafkaStreams streams;
    private volatile boolean closing;

    /**
     * Where and how much.
     *
     * @param stateDirectory no two instances share one
     * @param threads at least 1
     * @param epoch of the owner whose tasks are answered
     * @param server that the comparer reads, as {@link dev.shoofly.database.Database#serverIdentity} names it
     */
    public record Settings(
            MigrationPlan plan, String bootstrapServers, Path stateDirectory, int threads, long epoch, String server) {}

    /** @param throttle asked before each range */
    public VerifierInstance(Settings settings, Comparer comparer, Throttle throttle) {
        this.settings = settings;
        TopicNames names = new TopicNames(settings.plan().id());
        this.streams = new KafkaStreams(
                RangeProcessor.topology(
                        names.verifierTasks(), names.verdicts(), new RangeReader(comparer, throttle), settings, busy),
                properties(settings, names));
        streams.setUncaughtExceptionHandler(error -> {
            if (!closing) {
                LOG.warn(
                        "a verifier of migration {} was stopped by Kafka Streams; its ranges are left to the others: {}",
                        settings.plan().id(),
                        error.toString());
            }
            return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        });
    }

    private static Properties properties(Settings settings, TopicNames names) {
        Properties properties = new Properties();
        properties.put(StreamsConfig.APPLICATION_ID_CONFIG, names.verifierGroup());
        properties.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, settings.bootstrapServers());
        properties.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.AT_LEAST_ONCE);
        properties.put(
                StreamsConfig.NUM_STREAM_THREADS_CONFIG,
                Math.min(settings.threads(), settings.plan().partitions()));
        properties.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, COMMIT_INTERVAL.toMillis());
        properties.put(
                StreamsConfig.STATE_DIR_CONFIG,
                settings.stateDirectory().toAbsolutePath().toString());
        properties.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 0L);
        properties.put(
                StreamsConfig.consumerPrefix(CommonClientConfigs.SESSION_TIMEOUT_MS_CONFIG), (int) SESSION.toMillis());
        properties.put(StreamsConfig.consumerPrefix(CommonClientConfigs.HEARTBEAT_INTERVAL_MS_CONFIG), (int)
                SESSION.dividedBy(4).toMillis());
        properties.put(StreamsConfig.consumerPrefix(ConsumerConfig.MAX_POLL_INTERVAL_MS_CONFIG), (int)
                LONGEST_WAIT.toMillis());
        properties.put(StreamsConfig.consumerPrefix(ConsumerConfig.MAX_POLL_RECORDS_CONFIG), TASKS_PER_POLL);
        // The owner waits for each of them.
        properties.put(StreamsConfig.producerPrefix("linger.ms"), 0);
        return properties;
    }

    /** Joins the group, in the background. The topics exist already. */
    public void start() {
        streams.start();
    }

    /** Started, not failed, not closed. */
    public boolean isRunning() {
        return !closing && streams.state().isRunningOrRebalancing();
    }

    /** Finishes the ranges that are being read, or gives them up after two seconds, and leaves the group. Repeatable. */
    @Override
    public void close() {
        closing = true;
        CloseOptions leaving = CloseOptions.groupMembershipOperation(CloseOptions.GroupMembershipOperation.LEAVE_GROUP)
                .withTimeout(CLOSES_WITHIN);
        if (!streams.close(leaving)) {
            // They wait for the end of a pause, or for a server that is away.
            busy.forEach(Thread::interrupt);
            if (!streams.close(leaving)) {
                LOG.warn(
                        "a verifier of migration {} did not end in time",
                        settings.plan().id());
            }
        }
    }
}
