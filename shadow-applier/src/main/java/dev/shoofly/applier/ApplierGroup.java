package dev.shoofly.applier;

import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.TopicNames;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.FinalizedVersionRange;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.RetriableException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The group of a migration's appliers, under the Streams rebalance protocol (KIP-1071): the broker assigns, one instance
 * after another moves, and a closed instance is replaced at once. Its time-outs are settings of the group on the broker.
 */
public final class ApplierGroup {
    private static final Logger LOG = LoggerFactory.getLogger(ApplierGroup.class);
    private static final String SESSION = "streams.session.timeout.ms";
    private static final String HEARTBEAT = "streams.heartbeat.interval.ms";
    private static final String FIRST_REBALANCE_DELAY = "streams.initial.rebalance.delay.ms";
    private static final String ASSIGNMENT_INTERVAL = "streams.assignment.interval.ms";
    private static final long HEARTBEATS_PER_SESSION = 8;

    private ApplierGroup() {}

    /**
     * Checks that the broker knows the protocol and sets the group's time-outs.
     *
     * @throws ShooflyException REFUSED when the cluster is too old, TRANSIENT when it does not answer
     */
    static void prepare(Admin admin, MigrationId id, Duration sessionTimeout) {
        try {
            FinalizedVersionRange streams = admin.describeFeatures()
                    .featureMetadata()
                    .get()
                    .finalizedFeatures()
                    .get("streams.version");
            if (streams == null || streams.maxVersionLevel() < 1) {
                throw new ShooflyException(
                        ErrorKind.REFUSED,
                        "the Kafka cluster does not offer the Streams rebalance protocol, which the applier uses."
                                + " Nothing was started. Use Kafka 4.2 or later with the feature streams.version=1"
                                + " (kafka-features.sh … upgrade --feature streams.version=1).");
            }
        } catch (ExecutionException e) {
            throw failed("asking Kafka for its features", e);
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
        setTimeouts(admin, id, sessionTimeout);
    }

    private static void setTimeouts(Admin admin, MigrationId id, Duration sessionTimeout) {
        long session = sessionTimeout.toMillis();
        Map<String, Long> wanted = Map.of(
                SESSION,
                session,
                HEARTBEAT,
                session / HEARTBEATS_PER_SESSION,
                FIRST_REBALANCE_DELAY,
                0L,
                ASSIGNMENT_INTERVAL,
                0L);
        List<AlterConfigOp> changes = new ArrayList<>();
        wanted.forEach((name, value) ->
                changes.add(new AlterConfigOp(new ConfigEntry(name, Long.toString(value)), AlterConfigOp.OpType.SET)));
        try {
            admin.incrementalAlterConfigs(Map.of(resource(id), changes)).all().get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RetriableException) {
                throw failed("setting the time-outs of group " + resource(id).name(), e);
            }
            // Slower, not wrong: the broker's own time-outs hold (45 s unless changed).
            LOG.warn(
                    "Kafka does not let group {} have a session time-out of {} ms ({}). A killed applier is replaced"
                            + " after the broker's own time-out; lower group.streams.min.session.timeout.ms and"
                            + " group.streams.min.heartbeat.interval.ms on the brokers to change that.",
                    resource(id).name(),
                    session,
                    String.valueOf(e.getCause()));
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }

    /** Removes the group's settings from the broker; the group itself is deleted with the topics. Repeatable. */
    public static void forgetSettings(Admin admin, MigrationId id) {
        List<AlterConfigOp> changes = new ArrayList<>();
        for (String name : List.of(SESSION, HEARTBEAT, FIRST_REBALANCE_DELAY, ASSIGNMENT_INTERVAL)) {
            changes.add(new AlterConfigOp(new ConfigEntry(name, ""), AlterConfigOp.OpType.DELETE));
        }
        try {
            admin.incrementalAlterConfigs(Map.of(resource(id), changes)).all().get();
        } catch (ExecutionException e) {
            throw failed("removing the settings of group " + resource(id).name(), e);
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }

    private static ConfigResource resource(MigrationId id) {
        return new ConfigResource(ConfigResource.Type.GROUP, new TopicNames(id).applierGroup());
    }

    private static ShooflyException failed(String what, ExecutionException error) {
        boolean retriable = error.getCause() instanceof RetriableException;
        return new ShooflyException(
                retriable ? ErrorKind.TRANSIENT : ErrorKind.REFUSED,
                what + " failed: " + error.getCause(),
                error.getCause());
    }
}
