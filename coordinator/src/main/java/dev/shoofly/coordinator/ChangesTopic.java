package dev.shoofly.coordinator;

import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.TopicNames;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.LogDirDescription;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the changes topic of a migration holds, and how its front is cut off. One thread at a time. */
final class ChangesTopic implements AutoCloseable {
    /**
     * Only whole closed segments free disk, so they are small, and an idle one is closed after a while: at most this much
     * per partition stays behind what was trimmed.
     */
    static final Map<String, String> SEGMENTS =
            Map.of("segment.bytes", Integer.toString(16 << 20), "segment.ms", "600000", "file.delete.delay.ms", "1000");

    private static final Logger LOG = LoggerFactory.getLogger(ChangesTopic.class);
    private static final Duration TIMEOUT = Duration.ofSeconds(20);
    private final Admin admin;
    private final String topic;
    private final List<TopicPartition> partitions;
    private boolean sizeIsTold = true;

    ChangesTopic(String bootstrapServers, MigrationPlan plan) {
        this.admin = Admin.create(Map.of(
                AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG,
                bootstrapServers,
                AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG,
                (int) TIMEOUT.toMillis(),
                AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG,
                (int) TIMEOUT.toMillis()));
        this.topic = new TopicNames(plan.id()).changes();
        this.partitions = IntStream.range(0, plan.partitions())
                .mapToObj(partition -> new TopicPartition(topic, partition))
                .toList();
    }

    /** First offset of every partition. */
    Map<Integer, Long> beginnings() {
        return offsets(OffsetSpec.earliest());
    }

    /** Offset after the last record of every partition. */
    Map<Integer, Long> ends() {
        return offsets(OffsetSpec.latest());
    }

    private Map<Integer, Long> offsets(OffsetSpec spec) {
        Map<TopicPartition, OffsetSpec> asked = new HashMap<>();
        partitions.forEach(partition -> asked.put(partition, spec));
        Map<Integer, Long> found = new HashMap<>();
        get("asking what topic " + topic + " holds", admin.listOffsets(asked).all())
                .forEach((partition, info) -> found.put(partition.partition(), info.offset()));
        return found;
    }

    /** On all brokers' disks, all replicas; -1 where the cluster does not tell (it may need a permission). */
    long bytes() {
        try {
            List<Integer> brokers = get(
                            "asking for the brokers", admin.describeCluster().nodes())
                    .stream()
                    .map(Node::id)
                    .toList();
            long sum = 0;
            for (Map<String, LogDirDescription> directories : get(
                            "asking for the size of topic " + topic,
                            admin.describeLogDirs(brokers).allDescriptions())
                    .values()) {
                sum += directories.values().stream()
                        .mapToLong(this::bytesOfOurs)
                        .sum();
            }
            return sum;
        } catch (ShooflyException e) {
            if (sizeIsTold) {
                LOG.info("the size of topic {} on disk is not known: {}", topic, e.getMessage());
            }
            sizeIsTold = false;
            return -1;
        }
    }

    private long bytesOfOurs(LogDirDescription directory) {
        return directory.replicaInfos().entrySet().stream()
                .filter(entry -> entry.getKey().topic().equals(topic))
                .mapToLong(entry -> entry.getValue().size())
                .sum();
    }

    /** Deletes everything before these offsets. Whole segments only free disk, some time later. */
    void trim(Map<Integer, Long> before) {
        Map<TopicPartition, RecordsToDelete> wanted = new HashMap<>();
        before.forEach((partition, offset) ->
                wanted.put(new TopicPartition(topic, partition), RecordsToDelete.beforeOffset(offset)));
        get("trimming topic " + topic, admin.deleteRecords(wanted).all());
    }

    private static <T> T get(String what, KafkaFuture<T> future) {
        return KafkaAnswer.get(what, future, TIMEOUT);
    }

    @Override
    public void close() {
        admin.close(Duration.ofSeconds(1));
    }
}
