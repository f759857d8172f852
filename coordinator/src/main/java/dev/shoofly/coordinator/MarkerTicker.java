package dev.shoofly.coordinator;

import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.database.control.ControlTables;
import dev.shoofly.database.throttle.Pulse;
import dev.shoofly.model.MigrationId;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes a marker every interval, so that lag stays measurable while nobody writes, and once a second looks at the appliers
 * and saves lag and applied keys. Owns one thread. A lost connection is waited out; the stages report it.
 */
final class MarkerTicker implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(MarkerTicker.class);
    private static final Duration SAVE_EVERY = Duration.ofSeconds(1);
    /** At the usual interval of 100 ms: once a minute. */
    private static final int SELDOM = 600;

    private final RepeatingThread thread = new RepeatingThread("shoofly-markers");
    private final ControlTables control;
    private final MigrationId id;
    private final long epoch;
    private final ApplyWatch appliers;
    private final Pulse pulse;
    private volatile Beat beat = Beat.STEADY;
    private volatile boolean awaited;
    private int skipped;
    private volatile @Nullable Throwable failure;

    /** How often markers are written. */
    enum Beat {
        STEADY,
        /**
         * Paused, with the capture at work on PostgreSQL: its position moves with what is published only, so without any
         * marker the slot of an idle table would keep the WAL of all others.
         */
        SELDOM,
        NEVER
    }

    /** @param pulse told of every marker and what it took */
    MarkerTicker(ControlTables control, MigrationId id, long epoch, ApplyWatch appliers, Pulse pulse) {
        this.control = control;
        this.id = id;
        this.epoch = epoch;
        this.appliers = appliers;
        this.pulse = pulse;
    }

    void start(Duration interval) {
        thread.repeat(() -> unlessFailed(this::mark), Duration.ZERO, interval);
        thread.repeat(() -> unlessFailed(this::save), SAVE_EVERY, SAVE_EVERY);
    }

    void beat(Beat wanted) {
        beat = wanted;
    }

    /** At the next beat, and until it has succeeded, whatever else was said: somebody waits for a marker. */
    void once() {
        awaited = true;
    }

    Optional<Throwable> failure() {
        return Optional.ofNullable(failure);
    }

    private void mark() {
        boolean due = switch (beat) {
            case STEADY -> true;
            case SELDOM -> ++skipped >= SELDOM;
            case NEVER -> false;
        };
        if (due || awaited) {
            skipped = 0;
            // Before it is written: whoever asks meanwhile asks for another.
            awaited = false;
            write();
        }
    }

    private void write() {
        pulse.begin();
        boolean written = false;
        try {
            pulse.wrote(control.markers().next(id));
            written = true;
        } finally {
            if (!written) {
                awaited = true;
                pulse.failed();
            }
        }
    }

    private void save() {
        if (beat != Beat.STEADY) {
            return;
        }
        appliers.look();
        control.migrations().saveApplied(id, epoch, appliers.keysApplied(), appliers.lagMillis());
    }

    private void unlessFailed(Runnable work) {
        if (failure != null) {
            return;
        }
        try {
            work.run();
        } catch (RuntimeException e) {
            if (SqlErrors.isTransient(e)) {
                LOG.debug("no marker this time: {}", e.getMessage());
            } else {
                failure = e;
            }
        }
    }

    @Override
    public void close() {
        thread.close();
    }
}
