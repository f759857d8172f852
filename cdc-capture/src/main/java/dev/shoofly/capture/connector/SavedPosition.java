package dev.shoofly.capture.connector;

import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.TopicNames;
import org.apache.kafka.common.KafkaException;

/** Looks whether the capture's topics are as they must be. One thread. */
public final class SavedPosition implements AutoCloseable {
    private final MigrationPlan plan;
    private final TopicNames names;
    private final PositionTopic topic;

    public SavedPosition(MigrationPlan plan, String bootstrapServers) {
        this.plan = plan;
        this.names = new TopicNames(plan.id());
        this.topic = new PositionTopic(bootstrapServers, "shoofly-" + plan.id() + "-capture-position");
    }

    /** Whether a position in the database's log is saved durably. */
    public boolean exists() {
        try {
            return !topic.read(names.captureOffsets()).isEmpty();
        } catch (KafkaException e) {
            throw unreachable(e);
        }
    }

    /** @throws ShooflyException REFUSED when a topic is missing or has another number of partitions */
    public void requireTopics() {
        require(names.changes(), plan.partitions());
        require(names.captureOffsets(), 1);
    }

    private void require(String name, int partitions) {
        int found;
        try {
            found = topic.partitions(name);
        } catch (KafkaException e) {
            throw unreachable(e);
        }
        if (found != partitions) {
            throw new ShooflyException(
                    ErrorKind.REFUSED,
                    "the capture of " + plan.source() + " cannot start: Kafka topic " + name + " has " + found
                            + " partitions instead of " + partitions + (found == 0 ? " (it does not exist)" : "")
                            + ". Changes may have been lost with it. The table is untouched. Cancel the migration and"
                            + " start it again.");
        }
    }

    private ShooflyException unreachable(KafkaException error) {
        return new ShooflyException(
                ErrorKind.TRANSIENT,
                "the capture of " + plan.source() + " could not ask Kafka for its topics: " + error.getMessage()
                        + ". Nothing was changed.",
                error);
    }

    @Override
    public void close() {
        topic.close();
    }
}
