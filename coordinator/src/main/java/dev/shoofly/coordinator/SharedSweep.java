package dev.shoofly.coordinator;

import dev.shoofly.backfill.Pace;
import dev.shoofly.database.Comparer;
import dev.shoofly.database.connection.Retry;
import dev.shoofly.database.throttle.Throttle;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.verifier.sweep.ParallelRanges;
import dev.shoofly.verifier.sweep.Ranges;
import dev.shoofly.verifier.sweep.SharedRanges;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.common.KafkaException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who compares the ranges of a sweep: threads of this process, and of a large table every {@code serve --roles verifier} as well.
 */
final class SharedSweep {
    private static final Logger LOG = LoggerFactory.getLogger(SharedSweep.class);
    /** Longer than any comparison on a server in health. */
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private SharedSweep() {}

    /**
     * Shared if the table is large and Kafka answers.
     *
     * @param pace how many threads compare here
     */
    static Ranges of(
            RunContext context,
            MigrationPlan plan,
            String bootstrapServers,
            Pace pace,
            InstantSource clock,
            Comparer comparer,
            Throttle throttle) {
        if (context.view().rowsTotal() < context.settings().sharedSweepRows()) {
            return new ParallelRanges(comparer, throttle, pace::threads);
        }
        String server = Retry.OUTLAST_RESTART.call(
                "asking which server " + plan.source() + " is on",
                () -> context.database().serverIdentity());
        try (Topics topics = new Topics(bootstrapServers, context.id())) {
            topics.createForSweep(plan.partitions());
            return new SharedRanges(
                    plan,
                    Map.of(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers),
                    comparer,
                    throttle,
                    Optional.of(pace::threads),
                    PATIENCE,
                    server,
                    context.lifecycle().epoch(),
                    clock.millis());
        } catch (ShooflyException | KafkaException e) {
            if (Thread.currentThread().isInterrupted()) {
                throw e;
            }
            LOG.warn("the sweep of {} is not shared with other processes: {}", plan.source(), e.getMessage());
            return new ParallelRanges(comparer, throttle, pace::threads);
        }
    }
}
