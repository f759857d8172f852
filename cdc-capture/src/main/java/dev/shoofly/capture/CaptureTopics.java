package dev.shoofly.capture;

import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.TopicNames;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.TopicExistsException;

/** The topics in which the capture keeps its position and the table definitions that it has seen. */
public final class CaptureTopics {
    private CaptureTopics() {}

    /**
     * Creates the topics where they are missing.
     *
     * @throws ShooflyException TRANSIENT when the brokers do not create them
     */
    public static void create(Admin admin, TopicNames topics, short replicationFactor) {
        NewTopic offsets = new NewTopic(topics.captureOffsets(), 1, replicationFactor)
                .configs(Map.of(TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_COMPACT));
        NewTopic history = new NewTopic(topics.captureSchemaHistory(), 1, replicationFactor)
                .configs(Map.of(
                        TopicConfig.CLEANUP_POLICY_CONFIG,
                        TopicConfig.CLEANUP_POLICY_DELETE,
                        TopicConfig.RETENTION_MS_CONFIG,
                        "-1",
                        TopicConfig.RETENTION_BYTES_CONFIG,
                        "-1"));
        for (NewTopic topic : List.of(offsets, history)) {
            create(admin, topic);
        }
    }

    private static void create(Admin admin, NewTopic topic) {
        try {
            admin.createTopics(List.of(topic)).all().get();
        } catch (ExecutionException e) {
            if (!(e.getCause() instanceof TopicExistsException)) {
                throw notCreated(topic, e);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw notCreated(topic, e);
        }
    }

    private static ShooflyException notCreated(NewTopic topic, Exception error) {
        Throwable cause = error.getCause() == null ? error : error.getCause();
        return new ShooflyException(
                ErrorKind.TRANSIENT,
                "could not create Kafka topic " + topic.name() + ": " + cause.getMessage() + ". Nothing was changed.",
                error);
    }
}
