package dev.shoofly.coordinator;

import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.TopicNames;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;

/** Tells which migrations keep their topics in a Kafka cluster. Thread-safe. */
final class TopicPresence implements AutoCloseable {
    private final String bootstrapServers;
    private final Admin admin;

    TopicPresence(String bootstrapServers) {
        this.bootstrapServers = bootstrapServers;
        this.admin = Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers));
    }

    /** @throws ShooflyException TRANSIENT while Kafka does not answer; SUPERSEDED when interrupted */
    boolean hasChangesOf(MigrationId id) {
        return hasTopic(new TopicNames(id).changes());
    }

    /** @throws ShooflyException as {@link #hasChangesOf} */
    boolean hasTopic(String topic) {
        try {
            Set<String> topics = admin.listTopics().names().get();
            return topics.contains(topic);
        } catch (ExecutionException e) {
            throw new ShooflyException(
                    ErrorKind.TRANSIENT,
                    "Kafka at " + bootstrapServers + " does not tell whether it holds topic " + topic + ": "
                            + e.getCause() + ". This process does nothing for it meanwhile.",
                    e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ShooflyException(ErrorKind.SUPERSEDED, "interrupted while looking for topic " + topic, e);
        }
    }

    @Override
    public void close() {
        admin.close(Duration.ofSeconds(1));
    }
}
