package dev.shoofly.coordinator;

import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.database.control.ControlTables;
import dev.shoofly.database.control.Progress;
import dev.shoofly.model.MigrationId;
import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes a marker every interval, so that lag stays measurable while nobody writes, and saves lag and applied keys once a
 * second. Owns one thread. A lost connection is waited out; the stages report it.
 */
final class MarkerTicker implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(MarkerTicker.class);
    private static final Duration SAVE_EVERY = Duration.ofSeconds(1);
    private final RepeatingThread thread = new RepeatingThread("shoofly-markers");
    private final ControlTables control;
    private final MigrationId id;
    private final long epoch;
    private final LongSupplier lagMillis;
    private volatile long keysApplied;
    private volatile boolean paused;
    private volatile @Nullable Throwable failure;

    MarkerTicker(ControlTables control, MigrationId id, long epoch, LongSupplier lagMillis) {
        this.control = control;
        this.id = id;
        this.epoch = epoch;
        this.lagMillis = lagMillis;
    }

    void start(Duration interval) {
        thread.repeat(() -> unlessPaused(() -> control.markers().next(id)), Duration.ZERO, interval);
        thread.repeat(() -> unlessPaused(this::save), SAVE_EVERY, SAVE_EVERY);
    }

    void pause() {
        paused = true;
    }

    void resume() {
        paused = false;
    }

    long keysApplied() {
        return keysApplied;
    }

    Optional<Throwable> failure() {
        return Optional.ofNullable(failure);
    }

    private void save() {
        keysApplied = control.progress().list(id).stream()
                .mapToLong(Progress::keysApplied)
                .sum();
        control.migrations().saveApplied(id, epoch, keysApplied, lagMillis.getAsLong());
    }

    private void unlessPaused(Runnable work) {
        if (paused || failure != null) {
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
