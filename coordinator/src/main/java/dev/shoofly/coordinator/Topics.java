package dev.shoofly.coordinator;

import dev.shoofly.applier.ApplierGroup;
import dev.shoofly.capture.CaptureTopics;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.TopicNames;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.GroupType;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.GroupNotEmptyException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** Creates, looks at and deletes the topics and groups of one migration. Any thread. */
final class Topics implements AutoCloseable {
    private static final Duration TIMEOUT = Duration.ofSeconds(60);
    private static final Duration LOOK_EVERY = Duration.ofMillis(100);
    /** Lets the brokers choose how many replicas a topic has. */
    private static final short BROKERS_DEFAULT = -1;
    /** A day: a task that is gone is done by the owner. */
    private static final String SWEEP_RETENTION_MILLIS = "86400000";

    private final Admin admin;
    private final TopicNames names;

    Topics(String bootstrapServers, MigrationId id) {
        this.admin = Admin.create(Map.of(
                AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG,
                bootstrapServers,
                AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG,
                (int) TIMEOUT.toMillis()));
        this.names = new TopicNames(id);
    }

    /** The changes and the mismatches topic, and the capture's own. What already exists stays. */
    void create(int partitions) {
        // Nothing may expire: a dirty key that is gone is a lost row. What is applied is trimmed, by
        // TopicTrimmer alone.
        Map<String, String> forever = new HashMap<>(ChangesTopic.SEGMENTS);
        forever.putAll(Map.of("retention.ms", "-1", "retention.bytes", "-1", "cleanup.policy", "delete"));
        create(new NewTopic(names.changes(), Optional.of(partitions), Optional.empty()).configs(forever));
        create(new NewTopic(names.mismatches(), Optional.of(1), Optional.empty())
                .configs(Map.of("cleanup.policy", "compact")));
        CaptureTopics.create(admin, names, BROKERS_DEFAULT);
        awaitLeaders(names.changes(), partitions);
    }

    /** Where a shared sweep asks and is answered. What stands in them is worth nothing once the sweep is over. */
    void createForSweep(int partitions) {
        Map<String, String> shortly = Map.of("retention.ms", SWEEP_RETENTION_MILLIS, "cleanup.policy", "delete");
        create(new NewTopic(names.verifierTasks(), Optional.of(partitions), Optional.empty()).configs(shortly));
        create(new NewTopic(names.verdicts(), Optional.of(1), Optional.empty()).configs(shortly));
        awaitLeaders(names.verifierTasks(), partitions);
        awaitLeaders(names.verdicts(), 1);
    }

    /**
     * A partition that has just been made may refuse a producer's first batch and take the second, which an idempotent
     * producer never recovers from: nobody writes before every partition has a leader that answers.
     */
    private void awaitLeaders(String topic, int partitions) {
        Map<TopicPartition, OffsetSpec> ends = new HashMap<>();
        for (int partition = 0; partition < partitions; partition++) {
            ends.put(new TopicPartition(topic, partition), OffsetSpec.latest());
        }
        long giveUpAt = System.nanoTime() + TIMEOUT.toNanos();
        while (true) {
            try {
                get(
                        "waiting for the leaders of topic " + topic,
                        admin.listOffsets(ends).all());
                return;
            } catch (ShooflyException e) {
                if (!(e.getCause() instanceof RetriableException) || System.nanoTime() > giveUpAt) {
                    throw e;
                }
            }
        }
    }

    private void create(NewTopic topic) {
        long giveUpAt = System.nanoTime() + TIMEOUT.toNanos();
        while (true) {
            try {
                get(
                        "creating topic " + topic.name(),
                        admin.createTopics(List.of(topic)).all());
                return;
            } catch (ShooflyException e) {
                // Deletion is asynchronous: the name may still be taken by the topic of an earlier attempt.
                if (!(e.getCause() instanceof TopicExistsException)) {
                    throw e;
                }
                if (exists(topic.name()) || System.nanoTime() > giveUpAt) {
                    return;
                }
            }
        }
    }

    boolean exists(String topic) {
        Set<String> all = get("listing the topics", admin.listTopics().names());
        return all.contains(topic);
    }

    /** Deletes every topic and the groups of appliers and verifiers. Repeatable. */
    void deleteAll() {
        List<String> ours = new ArrayList<>();
        for (String topic : get("listing the topics", admin.listTopics().names())) {
            if (isOurs(topic)) {
                ours.add(topic);
            }
        }
        deleteGroups();
        for (String topic : ours) {
            ignoring(
                    UnknownTopicOrPartitionException.class,
                    () -> get(
                            "deleting topic " + topic,
                            admin.deleteTopics(List.of(topic)).all()));
        }
        ApplierGroup.forgetSettings(admin, names.id());
        awaitGone(ours);
    }

    private boolean isOurs(String topic) {
        return topic.startsWith("shoofly." + names.id() + ".")
                || topic.startsWith(names.applierGroup() + "-")
                || topic.startsWith(names.verifierGroup() + "-");
    }

    /** Before the topics go: appliers and verifiers in other processes, called off by now, need a moment to leave. */
    private void deleteGroups() {
        long giveUpAt = System.nanoTime() + TIMEOUT.toNanos();
        while (true) {
            try {
                deleteEmptyGroups();
                return;
            } catch (ShooflyException e) {
                if (!(e.getCause() instanceof GroupNotEmptyException) || System.nanoTime() > giveUpAt) {
                    throw e;
                }
            }
            pause();
        }
    }

    private void deleteEmptyGroups() {
        Set<String> groups = Set.of(names.applierGroup(), names.verifierGroup());
        for (GroupListing group : get("listing the groups", admin.listGroups().all())) {
            if (groups.contains(group.groupId())) {
                ignoring(GroupIdNotFoundException.class, () -> get("deleting group " + group.groupId(), delete(group)));
            }
        }
    }

    private static void pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(LOOK_EVERY.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ShooflyException(ErrorKind.SUPERSEDED, "interrupted while the appliers leave their group", e);
        }
    }

    private KafkaFuture<Void> delete(GroupListing group) {
        List<String> only = List.of(group.groupId());
        // The group's protocol decides which of the two calls knows it.
        return group.type().equals(Optional.of(GroupType.STREAMS))
                ? admin.deleteStreamsGroups(only).all()
                : admin.deleteConsumerGroups(only).all();
    }

    private void awaitGone(List<String> topics) {
        long giveUpAt = System.nanoTime() + TIMEOUT.toNanos();
        while (get("listing the topics", admin.listTopics().names()).stream().anyMatch(topics::contains)) {
            if (System.nanoTime() > giveUpAt) {
                throw new ShooflyException(
                        ErrorKind.TRANSIENT,
                        "the broker still lists topics of migration " + names.id() + " " + TIMEOUT.toSeconds()
                                + " s after their deletion; repeat the command");
            }
        }
    }

    private static void ignoring(Class<? extends Exception> expected, Runnable work) {
        try {
            work.run();
        } catch (ShooflyException e) {
            if (!expected.isInstance(e.getCause())) {
                throw e;
            }
        }
    }

    private static <T> T get(String what, KafkaFuture<T> future) {
        return KafkaAnswer.get(what, future, TIMEOUT);
    }

    @Override
    public void close() {
        admin.close(Duration.ofSeconds(5));
    }
}
