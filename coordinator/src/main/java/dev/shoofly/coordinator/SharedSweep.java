package dev.shoofly.coordinator;

import dev.shoofly.backfill.Pace;
import dev.shoofly.database.Comparer;
import dev.shoofly.database.connection.Retry;
import dev.shoofly.database.throttle.Throttle;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.verifier.sweep.ComparedRange;
import dev.shoofly.verifier.sweep.LocalRanges;
import dev.shoofly.verifier.sweep.Ranges;
import dev.shoofly.verifier.sweep.SharedRanges;
import dev.shoofly.verifier.sweep.VerifierInstance;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The sweep of a large table, by a verifier in this process and by every {@code serve --roles verifier}. One thread. */
final class SharedSweep implements Ranges {
    private static final Logger LOG = LoggerFactory.getLogger(SharedSweep.class);
    /** Longer than the group needs to form, and than any comparison on a server in health. */
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final SharedRanges ranges;
    private final VerifierInstance here;

    /**
     * Shared if the table is large and Kafka answers; otherwise by this thread alone, which needs no group to form.
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
            return new LocalRanges(comparer, throttle);
        }
        int threads = pace.threads();
        String server = Retry.OUTLAST_RESTART.call(
                "asking which server " + plan.source() + " is on",
                () -> context.database().serverIdentity());
        try (Topics topics = new Topics(bootstrapServers, context.id())) {
            topics.createForSweep(plan.partitions());
            return new SharedSweep(
                    context, plan, bootstrapServers, threads, server, clock.millis(), comparer, throttle);
        } catch (ShooflyException | KafkaException e) {
            if (Thread.currentThread().isInterrupted()) {
                throw e;
            }
            LOG.warn("the sweep of {} is not shared with other processes: {}", plan.source(), e.getMessage());
            return new LocalRanges(comparer, throttle);
        }
    }

    private SharedSweep(
            RunContext context,
            MigrationPlan plan,
            String bootstrapServers,
            int threads,
            String server,
            long startedMillis,
            Comparer comparer,
            Throttle throttle) {
        long epoch = context.lifecycle().epoch();
        this.ranges = new SharedRanges(
                plan,
                Map.of(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers),
                comparer,
                throttle,
                PATIENCE,
                server,
                epoch,
                startedMillis);
        try {
            this.here = new VerifierInstance(
                    new VerifierInstance.Settings(
                            plan,
                            bootstrapServers,
                            context.settings()
                                    .dataDirectory()
                                    .resolve("verifier")
                                    .resolve(context.id().value()),
                            threads,
                            epoch,
                            server),
                    comparer,
                    throttle);
        } catch (RuntimeException e) {
            ranges.close();
            throw e;
        }
        here.start();
    }

    @Override
    public ComparedRange next(@Nullable RowKey after, int rows) throws InterruptedException {
        return ranges.next(after, rows);
    }

    @Override
    public void close() {
        try (ranges) {
            here.close();
        }
    }
}
