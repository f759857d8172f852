package dev.shoofly.cli.screen;

import dev.shoofly.coordinator.MigrationSnapshot;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationState;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Shows a running migration until closed: a line for each change of state, and in between a refreshed line on a terminal or
 * a plain line every ten seconds. Owns its thread; {@link #close} waits for the last line.
 */
public final class ProgressDisplay implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ProgressDisplay.class);
    private static final Duration REFRESH = Duration.ofMillis(200);
    static final Duration PLAIN_INTERVAL = Duration.ofSeconds(10);
    private static final Duration CLOSE_LIMIT = Duration.ofSeconds(2);

    private final Screen screen;
    private final Supplier<Optional<MigrationSnapshot>> source;
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(work -> {
        Thread created = new Thread(work, "shoofly-progress");
        created.setDaemon(true);
        return created;
    });
    private @Nullable MigrationId shownId;
    private @Nullable MigrationState shown;
    private Duration shownAt = Duration.ZERO;

    private ProgressDisplay(Screen screen, Supplier<Optional<MigrationSnapshot>> source) {
        this.screen = screen;
        this.source = source;
    }

    public static ProgressDisplay start(Screen screen, Supplier<Optional<MigrationSnapshot>> source) {
        ProgressDisplay display = new ProgressDisplay(screen, source);
        Future<?> ended = display.thread.scheduleWithFixedDelay(
                display::look, REFRESH.toMillis(), REFRESH.toMillis(), TimeUnit.MILLISECONDS);
        assert !ended.isDone();
        return display;
    }

    private void look() {
        try {
            source.get().ifPresent(this::show);
        } catch (RuntimeException e) {
            // The display must never end a migration; an executor would drop the task in silence.
            LOG.debug("progress cannot be shown", e);
        }
    }

    /** One look; the interval between plain lines counts in the migration's own elapsed time. */
    void show(MigrationSnapshot snapshot) {
        if (!snapshot.id().equals(shownId)) {
            // The first, or the next part of a request.
            shownId = snapshot.id();
            shown = null;
            shownAt = Duration.ZERO;
            screen.say("migration " + snapshot.id() + " of " + snapshot.table());
        }
        boolean changed = snapshot.state() != shown;
        boolean due = screen.mode() == Screen.Mode.PLAIN
                && snapshot.elapsed().minus(shownAt).compareTo(PLAIN_INTERVAL) >= 0;
        String line = clock(snapshot.elapsed()) + "  " + ProgressText.line(snapshot);
        if (changed || due) {
            screen.say(line);
            shown = snapshot.state();
            shownAt = snapshot.elapsed();
        }
        if (snapshot.state().isFinal()) {
            screen.endRefresh();
        } else {
            screen.refresh(line);
        }
    }

    private static String clock(Duration elapsed) {
        return String.format("%02d:%02d:%02d", elapsed.toHours(), elapsed.toMinutesPart(), elapsed.toSecondsPart());
    }

    @Override
    public void close() {
        thread.shutdown();
        try {
            if (!thread.awaitTermination(CLOSE_LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
                thread.shutdownNow();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        look();
        screen.endRefresh();
    }
}
