package dev.shoofly.applier;

import dev.shoofly.database.Reconciler;
import dev.shoofly.database.control.ProgressRows;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationMetrics;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.TopicNames;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.streams.CloseOptions;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.errors.TaskMigratedException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One instance of a migration's applier. Any number of them, in any processes, share the partitions of the changes topic.
 * A partition's changes are applied in order by one instance at a time, and an offset is committed only after its change
 * is. Restarts of Kafka and of the database are outlasted inside; any other error ends the instance and is found in {@link
 * #failure}. Losing a partition to another instance is no failure.
 *
 * <p>The methods are called by one owner; the work runs on Streams' threads and a writer thread per partition.
 */
public final class Applier implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Applier.class);
    /** Fault point before each attempt of a batch, on the writer thread. */
    public static final String BEFORE_APPLY = "applier.before-apply";
    /** Fault point after a batch is committed in the database, before any offset of it is committed in Kafka. */
    public static final String AFTER_APPLY = "applier.after-apply";

    private static final Duration CLOSES_WITHIN = Duration.ofSeconds(5);
    private static final Duration PAUSES_WITHIN = Duration.ofSeconds(10);
    /** Streams looks at a pause between two records; this is long enough for all its threads to have looked. */
    private static final Duration QUIET = Duration.ofMillis(300);

    private static final Duration GLANCE = Duration.ofMillis(10);

    private final ApplierSettings settings;
    private final Reconciler reconciler;
    private final ProgressRows progress;
    private final MigrationMetrics metrics;
    private final FaultPoints faultPoints;
    private final SourceClock clock;
    private final RunningTasks running;
    private final WriteTurns turns;
    private volatile boolean startsPaused;
    private volatile @Nullable Admin admin;
    private volatile @Nullable KafkaStreams streams;

    public Applier(
            ApplierSettings settings,
            Reconciler reconciler,
            ProgressRows progress,
            MigrationMetrics metrics,
            FaultPoints faultPoints) {
        this(settings, reconciler, progress, metrics, faultPoints, InstantSource.system());
    }

    Applier(
            ApplierSettings settings,
            Reconciler reconciler,
            ProgressRows progress,
            MigrationMetrics metrics,
            FaultPoints faultPoints,
            InstantSource hostClock) {
        this.settings = settings;
        this.reconciler = reconciler;
        this.progress = progress;
        this.metrics = metrics;
        this.faultPoints = faultPoints;
        this.clock = new SourceClock(hostClock, System::nanoTime, progress::now);
        this.running = new RunningTasks(clock, this::stopStreams);
        this.turns = new WriteTurns(settings.writers(), System::nanoTime);
    }

    /**
     * Joins the group and begins to apply. The topic and the progress rows exist already.
     *
     * @throws ShooflyException TRANSIENT when Kafka does not answer, REFUSED when it cannot be used; start may be repeated
     */
    public void start() {
        if (streams != null || running.isClosing()) {
            throw new IllegalStateException("an applier is started once");
        }
        Admin client = admin;
        if (client == null) {
            client = Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, settings.bootstrapServers()));
            admin = client;
        }
        ApplierGroup.prepare(client, settings.plan().id(), settings.sessionTimeout());
        String topic = new TopicNames(settings.plan().id()).changes();
        ApplierParts parts = new ApplierParts(
                settings.plan(),
                settings.batchKeys(),
                reconciler,
                turns,
                Ownership.of(progress, settings.plan().id()),
                TopicBounds.of(client, topic),
                metrics,
                faultPoints,
                clock);
        KafkaStreams created = new KafkaStreams(
                PartitionProcessor.topology(topic, parts, running), StreamsSettings.properties(settings));
        LostMembership lost = new LostMembership();
        created.setUncaughtExceptionHandler(error -> {
            if (lost.excuses(error)) {
                LOG.info(
                        "thrown out of the group of migration {}, which is joined again",
                        settings.plan().id());
                return StreamThreadExceptionResponse.REPLACE_THREAD;
            }
            running.fail(worded(error));
            return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        });
        streams = created;
        if (startsPaused) {
            created.pause();
        }
        created.start();
    }

    private ShooflyException worded(Throwable error) {
        Throwable root = error;
        for (Throwable at = error; at != null; at = at.getCause()) {
            if (at instanceof ShooflyException known) {
                return known;
            }
            root = at;
        }
        return new ShooflyException(
                root instanceof RetriableException ? ErrorKind.TRANSIENT : ErrorKind.REFUSED,
                "the applier of migration " + settings.plan().id() + " was stopped by Kafka Streams: " + root
                        + ". What was applied is saved; the source table is untouched. Resume the migration once the"
                        + " cause is gone.",
                error);
    }

    /** What ended this instance, if something did: worded for the operator. */
    public Optional<Throwable> failure() {
        return running.failure();
    }

    /** Started, not failed, not closed. Also true while the group rebalances, while paused and during an outage. */
    public boolean isRunning() {
        KafkaStreams started = streams;
        return started != null
                && failure().isEmpty()
                && !running.isClosing()
                && started.state().isRunningOrRebalancing();
    }

    /**
     * How far this instance is behind: the time from a change's commit at the source to its commit in the shadow, of the
     * latest applied change; more when an older change still waits, or when not even a marker has come for two seconds.
     * The worst of this instance's partitions counts. Milliseconds; -1 when it owns none or has applied nothing yet.
     * By the source's clock.
     */
    public long lagMillis() {
        return running.lagMillis();
    }

    /** The partitions that this instance has claimed and not given away, ascending. */
    public List<Integer> partitions() {
        return running.partitions();
    }

    /**
     * Somebody waits for a marker: what has come of them is applied now, and not up to a fifth of a second later, when a few are
     * applied together to spare the server. Of this instance alone; returns at once, and may be called again and again. Any thread.
     */
    public void hurry() {
        running.hurry();
    }

    /**
     * Stops reading, and returns when everything read is applied and the database is left in peace (or after ten
     * seconds, when the database is so slow or away). The instance keeps its partitions.
     *
     * <p>Before {@link #start}: it starts paused.
     *
     * @return whether it is quiet
     */
    public boolean pause() {
        KafkaStreams started = streams;
        if (started == null) {
            startsPaused = true;
            return true;
        }
        started.pause();
        turns.hurry(true);
        long giveUpAt = System.nanoTime() + PAUSES_WITHIN.toNanos();
        while (!running.areQuietFor(QUIET) && isRunning() && System.nanoTime() < giveUpAt) {
            try {
                Thread.sleep(GLANCE.toMillis());
            } catch (InterruptedException e) {
                throw new InterruptException(e);
            }
        }
        return running.areQuietFor(QUIET);
    }

    /** Ends a pause; no effect otherwise. */
    public void resume() {
        startsPaused = false;
        turns.hurry(false);
        KafkaStreams started = streams;
        if (started != null) {
            started.resume();
        }
    }

    /** Not blocking; from the thread that met the failure. */
    private void stopStreams() {
        KafkaStreams started = streams;
        if (started != null) {
            started.close(CloseOptions.timeout(Duration.ZERO));
        }
    }

    /**
     * Leaves the group without applying what is read: for a migration that is swapped or given up, whose statements
     * could only fail. What is not applied is left to whoever is asked next. Repeatable.
     */
    public void abandon() {
        running.startClosing();
        running.endAll(() -> new TaskMigratedException("The applier is closing"));
        close();
    }

    /**
     * Applies what is read already, commits the offsets and leaves the group, so that others take over at once. When the
     * database does not answer within five seconds, the rest is left to the next owner. Repeatable.
     */
    @Override
    public void close() {
        running.startClosing();
        turns.hurry(true);
        KafkaStreams started = streams;
        if (started != null) {
            CloseOptions leaving = CloseOptions.groupMembershipOperation(
                            CloseOptions.GroupMembershipOperation.LEAVE_GROUP)
                    .withTimeout(CLOSES_WITHIN);
            if (!started.close(leaving)) {
                running.endAll(() -> new TaskMigratedException("The applier is closing"));
                started.close(leaving);
            }
        }
        Admin client = admin;
        if (client != null) {
            client.close(Duration.ofSeconds(1));
        }
    }
}
