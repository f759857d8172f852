package dev.shoofly.capture;

import dev.shoofly.capture.connector.BatchPace;
import dev.shoofly.capture.connector.CaptureFailures;
import dev.shoofly.capture.connector.ConnectorProperties;
import dev.shoofly.capture.connector.SavedPosition;
import dev.shoofly.capture.connector.SourceCheck;
import dev.shoofly.capture.event.ChangeReader;
import dev.shoofly.capture.publish.ChangePublisher;
import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.database.control.ControlTables;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationMetrics;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.ShooflyException;
import io.debezium.embedded.Connect;
import io.debezium.engine.DebeziumEngine;
import io.debezium.engine.DebeziumEngine.ConnectorCallback;
import io.debezium.engine.RecordChangeEvent;
import io.debezium.engine.format.ChangeEventFormat;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.connect.source.SourceRecord;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/**
 * The capture of one migration: from the server's log to the changes topic, each change at least once and in order. An
 * object lives once: after a failure make a new one on the same settings with {@link CaptureSettings.Start#RESUME}, and it
 * goes on where this one stopped. What it meets before the first marker waits for that, and so does its saved position: whoever
 * starts it has one written.
 *
 * <p>The public methods belong to one owner's thread, but for {@link #failure}, {@link #isRunning} and {@link #isStreaming}, which
 * any may ask.
 */
public final class CaptureEngine implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(CaptureEngine.class);

    /** Speaks at INFO on standard error otherwise. Held, for java.util.logging forgets loggers that nobody holds. */
    private static final java.util.logging.Logger BINLOG_CLIENT =
            java.util.logging.Logger.getLogger("com.github.shyiko.mysql.binlog");

    static {
        BINLOG_CLIENT.setLevel(java.util.logging.Level.WARNING);
    }

    private static final Duration PROOF_INTERVAL = Duration.ofMillis(100);

    private final CaptureSettings settings;
    private final MigrationPlan plan;
    private final MigrationMetrics metrics;
    private final FaultPoints faultPoints;
    private final CaptureFailures failures;
    private final Liveness liveness;
    private final BatchPace pace = new BatchPace();
    private final Thread worker;
    private final CountDownLatch decided = new CountDownLatch(1);
    private final AtomicReference<@Nullable ShooflyException> failure = new AtomicReference<>();
    private final AtomicReference<@Nullable DebeziumEngine<?>> engine = new AtomicReference<>();
    private volatile boolean closing;

    public CaptureEngine(CaptureSettings settings, MigrationMetrics metrics, FaultPoints faultPoints) {
        this.settings = settings;
        this.plan = settings.plan();
        this.metrics = metrics;
        this.faultPoints = faultPoints;
        this.failures = new CaptureFailures(plan, settings.connection());
        this.liveness = new Liveness(settings.heartbeat());
        this.worker = new Thread(this::run, "shoofly-capture-" + plan.id());
        this.worker.setDaemon(true);
    }

    /** Returns at once; {@link #awaitStreaming} tells how it went. */
    public void start() {
        worker.start();
    }

    private void run() {
        MDC.put("migration", plan.id().value());
        MDC.put("table", plan.source().toString());
        MDC.put("role", "capture");
        try {
            checkBeforehand();
            stream();
            fail(new ShooflyException(
                    ErrorKind.TRANSIENT, "the capture of " + plan.source() + " ended without a reason"));
        } catch (RuntimeException | Error e) {
            fail(e);
        } finally {
            decided.countDown();
        }
    }

    private void checkBeforehand() {
        try (SavedPosition saved = new SavedPosition(plan, settings.bootstrapServers())) {
            saved.requireTopics();
            if (settings.start() == CaptureSettings.Start.RESUME && !saved.exists()) {
                throw new ShooflyException(
                        ErrorKind.REFUSED,
                        "the capture of " + plan.source() + " cannot go on: its saved position is gone from Kafka, so"
                                + " changes made since it stopped may be missing. The table is untouched. Cancel the"
                                + " migration and start it again.");
            }
        }
        new SourceCheck(plan, settings.connection()).run();
    }

    private void stream() {
        Properties properties = new ConnectorProperties(
                        plan,
                        settings.connection(),
                        settings.bootstrapServers(),
                        settings.heartbeat(),
                        settings.kafkaOutage())
                .build();
        pace.describe(properties);
        try (pace;
                ChangePublisher publisher =
                        new ChangePublisher(plan, settings.bootstrapServers(), settings.kafkaOutage())) {
            BatchHandler handler = new BatchHandler(
                    new ChangeReader(plan, settings.connection().kind()), publisher, liveness, metrics, faultPoints);
            DebeziumEngine<RecordChangeEvent<SourceRecord>> made = DebeziumEngine.create(
                            ChangeEventFormat.of(Connect.class))
                    .using(properties)
                    .using(new SavingPace(settings.start()))
                    .using(new ConnectorCallback() {
                        @Override
                        public void pollingStarted() {
                            decided.countDown();
                        }
                    })
                    .using((success, message, error) -> {
                        if (!success) {
                            fail(error == null ? new IOException(message) : error);
                        }
                    })
                    .notifying(handler)
                    .build();
            engine.set(made);
            if (!closing) {
                made.run();
            }
        }
    }

    /**
     * While nobody waits for changes: they gather this long before they are published, unless there is a backlog. Costs the
     * appliers' server less, because their transactions grow with it. Any thread, at any time.
     *
     * @param interval between two batches; zero: as soon as they come, which costs a third of a processor
     */
    public void gather(Duration interval) {
        pace.gather(interval);
    }

    private void fail(Throwable error) {
        if (!closing && failure.get() == null) {
            failure.compareAndSet(null, failures.explain(error));
        }
        decided.countDown();
    }

    /**
     * Waits until changes flow. After a first start that means: a marker written now has come through, and the position
     * is saved, so that a later RESUME finds it, and every change that becomes visible from now on is captured.
     *
     * @throws ShooflyException the failure; or TRANSIENT when the time is up, the capture still trying
     */
    public void awaitStreaming(Duration timeout) {
        long deadline = System.nanoTime() + timeout.toNanos();
        try {
            if (!decided.await(timeout.toNanos(), TimeUnit.NANOSECONDS)) {
                throw notYet(timeout);
            }
            throwFailure();
            if (settings.start() == CaptureSettings.Start.FRESH) {
                awaitSavedPosition(timeout, deadline);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ShooflyException(
                    ErrorKind.SUPERSEDED, "waiting for the capture of " + plan.source() + " was interrupted", e);
        }
    }

    private void awaitSavedPosition(Duration timeout, long deadline) throws InterruptedException {
        try (SavedPosition saved = new SavedPosition(plan, settings.bootstrapServers());
                ConnectionPool pool =
                        new ConnectionPool(settings.connection(), "capture", 1, List.of(), new Properties())) {
            ControlTables control =
                    new ControlTables(pool, settings.connection().kind());
            control.markers().create(plan.id());
            do {
                throwFailure();
                if (System.nanoTime() > deadline) {
                    throw notYet(timeout);
                }
                // Each marker ends the transaction before it, and a position is saved between transactions only.
                control.markers().next(plan.id());
                TimeUnit.NANOSECONDS.sleep(PROOF_INTERVAL.toNanos());
            } while (!saved.exists());
        }
    }

    private void throwFailure() {
        Optional<Throwable> known = failure();
        if (known.isPresent() && known.get() instanceof ShooflyException reason) {
            throw reason;
        }
    }

    private ShooflyException notYet(Duration timeout) {
        return new ShooflyException(
                ErrorKind.TRANSIENT,
                "the capture of " + plan.source() + " did not begin within " + timeout.toSeconds()
                        + " s and is still trying. Nothing was changed.");
    }

    /**
     * Why the capture ended by itself, worded for the operator: a {@link ShooflyException}, TRANSIENT when a new engine may
     * do better. Empty while it runs, and after {@link #close}.
     */
    public Optional<Throwable> failure() {
        if (failure.get() == null && !closing && liveness.isSilent()) {
            failure.compareAndSet(
                    null,
                    new ShooflyException(
                            ErrorKind.TRANSIENT,
                            "the capture of " + plan.source() + " gives no sign of life: not even a heartbeat came"
                                    + " from the server's log. Nothing was skipped; it goes on from where it stopped."));
        }
        return Optional.ofNullable(failure.get());
    }

    /** Working, or about to. */
    public boolean isRunning() {
        return worker.isAlive() && !closing && failure().isEmpty();
    }

    /** Working: a change or a heartbeat has come out of the log since its start. */
    public boolean isStreaming() {
        return liveness.hasGivenSign() && isRunning();
    }

    /** Stops within {@link CaptureSettings#closeTimeout}, saving the position of what was written. */
    @Override
    public void close() {
        closing = true;
        long deadline = System.nanoTime() + settings.closeTimeout().toNanos();
        Thread closer = new Thread(() -> stopEngine(deadline), "shoofly-capture-close-" + plan.id());
        closer.setDaemon(true);
        closer.start();
        boolean ended = join(closer, deadline) & join(worker, deadline);
        if (!ended) {
            log.warn(
                    "the capture of {} did not end within {} s; what is left of it may repeat changes, not lose any",
                    plan.source(),
                    settings.closeTimeout().toSeconds());
            worker.interrupt();
        }
    }

    private void stopEngine(long deadline) {
        while (worker.isAlive() && System.nanoTime() < deadline) {
            DebeziumEngine<?> running = engine.get();
            try {
                if (running != null) {
                    running.close();
                    return;
                }
            } catch (IllegalStateException e) {
                log.debug("Debezium cannot be stopped at this moment", e);
            } catch (IOException e) {
                log.warn("stopping the capture of {}: {}", plan.source(), e.getMessage());
                return;
            }
            if (!join(worker, System.nanoTime() + PROOF_INTERVAL.toNanos())) {
                log.debug("the capture of {} is still starting", plan.source());
            }
        }
    }

    /** @return whether it has ended; an interrupt of the caller is kept and cuts the wait short */
    private static boolean join(Thread thread, long deadline) {
        try {
            long millis = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
            thread.join(Math.max(1, millis));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return !thread.isAlive();
    }
}
