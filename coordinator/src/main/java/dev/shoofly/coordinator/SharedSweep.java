package dev.shoofly.coordinator;

import dev.shoofly.backfill.Pace;
import dev.shoofly.database.Comparer;
import dev.shoofly.database.connection.Retry;
import dev.shoofly.database.throttle.Throttle;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.verifier.sweep.ParallelRanges;
import dev.shoofly.verifier.sweep.Ranges;
import dev.shoofly.verifier.sweep.SharedRanges;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who compares the ranges of a sweep: threads of this process, and of a large table every {@code serve --roles verifier} as well.
 * The methods are the phase thread's, but {@link #close}.
 */
final class SharedSweep implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SharedSweep.class);
    /** Longer than any comparison on a server in health. */
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private static final Duration ENDS_WITHIN = Duration.ofSeconds(10);

    private final RunContext context;
    private final MigrationPlan plan;
    private final String bootstrapServers;
    private final Pace pace;
    private final InstantSource clock;
    private volatile @Nullable Thread creator;
    private @Nullable FutureTask<Boolean> topics;

    /** @param pace how many threads compare here */
    SharedSweep(RunContext context, MigrationPlan plan, String bootstrapServers, Pace pace, InstantSource clock) {
        this.context = context;
        this.plan = plan;
        this.bootstrapServers = bootstrapServers;
        this.pace = pace;
        this.clock = clock;
    }

    private boolean isShared() {
        return context.view().rowsTotal() >= context.settings().sharedSweepRows();
    }

    /**
     * Makes ready, in the background, what a sweep needs that reads no row: while the phase before waits for the appliers anyway.
     * Not necessary; what fails is done again by {@link #of}.
     */
    void prepare() {
        if (!isShared() || topics != null) {
            return;
        }
        // Topics alone: no task may be in them, and nothing be compared, before the sweep's marker has passed.
        FutureTask<Boolean> creating = new FutureTask<>(this::createTopics);
        topics = creating;
        Thread thread = new Thread(creating, "shoofly-sweep-topics");
        thread.setDaemon(true);
        creator = thread;
        thread.start();
    }

    private boolean createTopics() {
        context.faultPoints().reach("sweep.before-topics");
        try (Topics creating = new Topics(bootstrapServers, context.id())) {
            creating.createForSweep(plan.partitions());
            return true;
        }
    }

    /** Waits for what was begun. */
    private void awaitTopics() {
        FutureTask<Boolean> begun = topics;
        topics = null;
        if (begun != null && isDone(begun)) {
            return;
        }
        boolean unused = createTopics();
    }

    private boolean isDone(FutureTask<Boolean> begun) {
        try {
            return begun.get();
        } catch (ExecutionException e) {
            LOG.debug("the topics of a sweep of {} are created again", plan.source(), e.getCause());
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ShooflyException(
                    ErrorKind.SUPERSEDED,
                    "interrupted while the topics of a sweep were created; nothing was compared",
                    e);
        }
    }

    /** Shared if the table is large and Kafka answers. */
    Ranges of(Comparer comparer, Throttle throttle) {
        if (!isShared()) {
            return new ParallelRanges(comparer, throttle, pace::threads);
        }
        String server = Retry.OUTLAST_RESTART.call(
                "asking which server " + plan.source() + " is on",
                () -> context.database().serverIdentity());
        try {
            awaitTopics();
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

    /** Any thread. Whoever removes the topics next must not meet somebody who makes them. */
    @Override
    public void close() {
        Thread running = creator;
        if (running == null) {
            return;
        }
        boolean interrupted = Thread.interrupted();
        try {
            running.join(ENDS_WITHIN.toMillis());
            running.interrupt();
            running.join(ENDS_WITHIN.toMillis());
        } catch (InterruptedException e) {
            interrupted = true;
        }
        if (running.isAlive()) {
            LOG.warn("the topics of a sweep of {} are still being created", plan.source());
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
