package dev.shoofly.database.throttle;

import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.database.control.ThrottleRows;
import dev.shoofly.database.control.ThrottleState;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.throttle.ThrottleSettings;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The throttle of the process that owns a migration: follows the settings in the control table, watches the load, chooses
 * the speed, holds this process's workers to it and saves it for those in other processes. Owns its threads; every method is
 * for any thread.
 */
public final class AdaptiveThrottle implements Throttle, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(AdaptiveThrottle.class);
    private static final Duration TICK = Duration.ofMillis(100);
    private static final Duration SETTINGS_EVERY = Duration.ofMillis(500);
    private static final Duration SAVE_EVERY = Duration.ofSeconds(1);
    private static final Duration SAVE_EVERY_WHILE_IDLE = Duration.ofSeconds(30);
    private static final Duration IN_USE_WITHIN = Duration.ofSeconds(5);

    private final ThrottleRows rows;
    private final MigrationPlan plan;
    private final long epoch;
    private final LongSupplier nanoTime;
    private final LiveSettings settings = new LiveSettings(ThrottleSettings.DEFAULT);
    private final Pulse pulse;
    private final DutyCycle duty;
    private final CriticalLoad critical = new CriticalLoad();
    private final LoadMonitor monitor;
    private final Verdict verdict = new Verdict();
    private final Ticker ticker = new Ticker("shoofly-throttle", TICK, this::tick);
    private final Set<String> notMeasured = new HashSet<>();
    private volatile boolean paused;
    private volatile boolean active;
    private volatile long replicasAskedFor;
    private volatile ThrottleState state = ThrottleState.UNKNOWN;
    private long lostNanos;
    private long tickedAt;
    private long settingsDue;
    private long savedAt;
    private boolean savedInUse;
    private boolean began;

    /** @param load closed with this */
    public AdaptiveThrottle(ThrottleRows rows, MigrationPlan plan, long epoch, ServerLoad load, LongSupplier nanoTime) {
        this.rows = rows;
        this.plan = plan;
        this.epoch = epoch;
        this.nanoTime = nanoTime;
        this.pulse = new Pulse(nanoTime);
        this.duty = new DutyCycle(nanoTime);
        this.monitor = new LoadMonitor(plan, load, pulse, nanoTime, critical);
        this.replicasAskedFor = nanoTime.getAsLong() - IN_USE_WITHIN.toNanos();
        duty.share(0, "the server's load was not measured yet", false);
    }

    /**
     * Reads the settings and begins to watch.
     *
     * @param fresh whether nothing was copied yet, so that {@link #endCalm} follows; an earlier run's baseline counts otherwise
     */
    public void start(boolean fresh) {
        ThrottleRows.Row row = rows.find(plan.id());
        settings.set(row.settings());
        lostNanos = Duration.ofMillis(row.state().throttledMillis()).toNanos();
        if (!fresh) {
            pulse.endCalm(row.state().baselineMicros());
        }
        monitor.use(row.settings());
        tickedAt = nanoTime.getAsLong();
        settingsDue = tickedAt + SETTINGS_EVERY.toNanos();
        savedAt = tickedAt - SAVE_EVERY.toNanos();
        ticker.start();
    }

    /** What is in force now, for whoever follows it. */
    public LiveSettings settings() {
        return settings;
    }

    /** Whether clients other than Shoofly worked on the server when it was looked at last. */
    public boolean othersWork() {
        return monitor.othersWork();
    }

    /** Whether some signal was near its limit, or beyond it, when it was looked at last. */
    public boolean isPressed() {
        return state.signals().stream().anyMatch(each -> each.pressure() >= SpeedController.EASY);
    }

    /**
     * Replicas that lagged beyond their limit when they were asked last, each with its lag. As long as somebody wants to know,
     * they are asked as often as during a copy.
     */
    public List<String> replicasBehind() {
        replicasAskedFor = nanoTime.getAsLong();
        return state.signals().stream()
                .filter(each -> each.kind().equals(SignalKind.REPLICA_LAG.name()) && each.pressure() > 1)
                .map(each -> each.name() + " " + each.words())
                .toList();
    }

    /** Fed by whoever writes the migration's markers. */
    public Pulse pulse() {
        return pulse;
    }

    /** The first chunk of a new migration is about to be copied: what was measured until now is the server without it. */
    public void endCalm() {
        pulse.endCalm();
    }

    /** Whether anybody copies or compares, here or in another process: only then the load is looked at closely. */
    public void active(boolean next) {
        active = next;
    }

    /** Nothing is measured while the migration is paused: a pause is no load. */
    public void pause() {
        paused = true;
        monitor.watch(SignalLane.Watch.NOT_AT_ALL);
    }

    public void resume() {
        critical.take();
        paused = false;
    }

    /** What load was critical twice in a row; empty: none. Told once, and only while somebody copies or compares. */
    public Optional<String> takeCritical() {
        Optional<String> found = critical.take();
        return paused || !active ? Optional.empty() : found;
    }

    /** What was measured and decided last. */
    public ThrottleState state() {
        return state;
    }

    @Override
    public void await() throws InterruptedException {
        duty.await();
    }

    @Override
    public void awaitCalm() throws InterruptedException {
        duty.awaitCalm();
    }

    @Override
    public void finished(Duration took, long rowsDone) {
        duty.finished(took, rowsDone);
    }

    @Override
    public Optional<String> heldBackBy() {
        return duty.heldBackBy();
    }

    private void tick() {
        if (paused) {
            // Again and again: a change of the settings may have been under way when the pause came.
            monitor.watch(SignalLane.Watch.NOT_AT_ALL);
            tickedAt = nanoTime.getAsLong();
            return;
        }
        try {
            followSettings();
            decide();
            save();
        } catch (RuntimeException e) {
            if (SqlErrors.isTransient(e)) {
                LOG.debug("the throttle of {} could not be read or saved: {}", plan.source(), e.getMessage());
            } else {
                sayOnce("the throttle's settings", String.valueOf(e.getMessage()));
            }
        }
    }

    private void followSettings() {
        long now = nanoTime.getAsLong();
        if (now < settingsDue) {
            return;
        }
        settingsDue = now + SETTINGS_EVERY.toNanos();
        ThrottleSettings next = rows.find(plan.id()).settings();
        ThrottleSettings former = settings.now();
        if (settings.set(next)) {
            LOG.info("the throttle of migration {} was changed", plan.id());
            if (!next.with(former.pace()).equals(former)) {
                monitor.use(next);
            }
        }
    }

    private void decide() {
        boolean inUse = active || duty.isInUse(IN_USE_WITHIN);
        long now = nanoTime.getAsLong();
        boolean wanted = inUse || now - replicasAskedFor < IN_USE_WITHIN.toNanos();
        monitor.watch(wanted ? SignalLane.Watch.CLOSELY : SignalLane.Watch.NOW_AND_THEN);
        List<Reading> readings = monitor.readings();
        // After a change the new signals must have spoken before anything is concluded from their silence.
        if (monitor.hasLooked() || Verdict.worst(readings).pressure() >= Reading.STOP) {
            verdict.observe(readings, settings.now().pace().ioPercent() / 100.0, now);
            duty.share(verdict.share(), verdict.reason(), verdict.isCalm());
        }
        if (inUse && began) {
            lostNanos += (long) ((1 - verdict.share()) * (now - tickedAt));
        }
        began = true;
        tickedAt = now;
        readings.stream()
                .filter(each -> each.pressure() == Reading.UNKNOWN)
                .forEach(each -> sayOnce(each.name(), each.words()));
        state = new ThrottleState(
                verdict.share(),
                verdict.share() < 1 ? verdict.reason() : null,
                lostNanos / 1_000_000,
                pulse.baselineMicros(),
                readings.stream()
                        .map(each -> new ThrottleState.Signal(
                                each.kind().name(), each.name(), each.pressure(), each.words()))
                        .toList(),
                null);
    }

    private void save() {
        long now = nanoTime.getAsLong();
        boolean inUse = active || duty.isInUse(IN_USE_WITHIN);
        Duration every = inUse || savedInUse ? SAVE_EVERY : SAVE_EVERY_WHILE_IDLE;
        if (now - savedAt >= every.toNanos()) {
            savedAt = now;
            savedInUse = inUse;
            rows.save(plan.id(), epoch, state);
        }
    }

    private void sayOnce(String what, String words) {
        if (notMeasured.add(what)) {
            LOG.warn("throttle of migration {}: {} {}", plan.id(), what, words);
        }
    }

    @Override
    public void close() {
        ticker.close();
        monitor.close();
        if (began) {
            try {
                rows.save(plan.id(), epoch, state);
            } catch (RuntimeException e) {
                LOG.debug("the last state of the throttle was not saved: {}", e.getMessage());
            }
        }
    }
}
