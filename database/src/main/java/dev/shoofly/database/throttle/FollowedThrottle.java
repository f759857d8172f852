package dev.shoofly.database.throttle;

import dev.shoofly.database.control.ThrottleRows;
import dev.shoofly.database.control.ThrottleState;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.throttle.ThrottleSettings;
import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The throttle of a process that copies for a migration which another process owns: goes as fast as the owner says in the
 * control table. When the owner has not said anything for a while, nobody watches the server, so nothing is copied; who only
 * reads may go on ({@link Silence}). Owns one thread; every method is for any thread.
 */
public final class FollowedThrottle implements Throttle, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(FollowedThrottle.class);
    private static final Duration LOOK_EVERY = Duration.ofMillis(500);
    /** The owner saves every second while there is work. */
    static final Duration STALE_AFTER = Duration.ofSeconds(10);

    /** While nobody copies or compares in the owner's process, it saves every half minute. */
    private static final Duration STALE_WHILE_IDLE_AFTER = Duration.ofSeconds(60);

    /** What it means that the owner says nothing. */
    public enum Silence {
        /** Nothing is done. */
        STOPS,
        /** Work goes on at the operator's ceiling. For who only reads, and while the owner may be idle or gone. */
        LEAVES_THE_CEILING
    }

    private final ThrottleRows rows;
    private final MigrationId id;
    private final Silence silence;
    private final LiveSettings settings = new LiveSettings(ThrottleSettings.DEFAULT);
    private final DutyCycle duty;
    private volatile boolean othersWork;
    private final Ticker ticker = new Ticker("shoofly-throttle-followed", LOOK_EVERY, this::look);

    public FollowedThrottle(ThrottleRows rows, MigrationId id, LongSupplier nanoTime) {
        this(rows, id, nanoTime, Silence.STOPS);
    }

    public FollowedThrottle(ThrottleRows rows, MigrationId id, LongSupplier nanoTime, Silence silence) {
        this.rows = rows;
        this.id = id;
        this.silence = silence;
        this.duty = new DutyCycle(nanoTime);
        duty.share(0, "the owner's throttle was not read yet", false);
    }

    public void start() {
        ticker.start();
    }

    /** What is in force now. */
    public LiveSettings settings() {
        return settings;
    }

    /** Whether clients other than Shoofly worked on the server when its load was looked at last. */
    public boolean othersWork() {
        return othersWork;
    }

    private void look() {
        try {
            ThrottleRows.Row row = rows.find(id);
            settings.set(row.settings());
            follow(row.state());
        } catch (RuntimeException e) {
            // The copy's own statements fail as well, and are outlasted where they are made.
            LOG.debug("the throttle of migration {} cannot be read for the moment: {}", id, e.getMessage());
        }
    }

    /** Whether clients other than Shoofly worked on the server when the owner looked last; what was long ago says nothing. */
    public static boolean othersWork(ThrottleState state) {
        Duration age = state.age();
        // Only then commits press at all, unless an operator has set their limit: then he wants care, too.
        return age != null
                && age.compareTo(STALE_WHILE_IDLE_AFTER) <= 0
                && state.signals().stream()
                        .anyMatch(each -> each.kind().equals(SignalKind.COMMIT_LATENCY.name()) && each.pressure() > 0);
    }

    private void follow(ThrottleState state) {
        othersWork = othersWork(state);
        Duration age = state.age();
        if (silence == Silence.LEAVES_THE_CEILING && (age == null || age.compareTo(STALE_WHILE_IDLE_AFTER) > 0)) {
            duty.share(settings.now().pace().ioPercent() / 100.0, "--throttle-io", true);
            return;
        }
        if (silence == Silence.STOPS && (age == null || age.compareTo(STALE_AFTER) > 0)) {
            duty.share(
                    0,
                    "the process that owns migration " + id + " has not measured the server's load "
                            + (age == null ? "yet" : "for " + Words.duration(Duration.ofSeconds(age.toSeconds()))),
                    false);
            return;
        }
        boolean calm = state.fraction() > 0 && state.signals().stream().allMatch(signal -> signal.pressure() < 1);
        duty.share(state.fraction(), state.heldBackBy(), calm);
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

    @Override
    public void close() {
        ticker.close();
    }
}
