package dev.shoofly.cli.demo;

import dev.shoofly.coordinator.MigrationSnapshot;
import dev.shoofly.model.MigrationState;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Finds out when the cut-over happened, by looking at the migration every few milliseconds. Owns its thread. */
final class CutoverWatch implements AutoCloseable {
    private static final Duration INTERVAL = Duration.ofMillis(5);

    private final Supplier<Optional<MigrationSnapshot>> source;
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(work -> {
        Thread created = new Thread(work, "shoofly-demo-watch");
        created.setDaemon(true);
        return created;
    });
    private long lastBefore = System.nanoTime();
    private long firstAfter;
    private boolean swapped;

    private CutoverWatch(Supplier<Optional<MigrationSnapshot>> source) {
        this.source = source;
    }

    static CutoverWatch start(Supplier<Optional<MigrationSnapshot>> source) {
        CutoverWatch watch = new CutoverWatch(source);
        Future<?> ended =
                watch.thread.scheduleWithFixedDelay(watch::look, 0, INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
        assert !ended.isDone();
        return watch;
    }

    private synchronized void look() {
        Optional<MigrationState> state = source.get().map(MigrationSnapshot::state);
        if (swapped || state.isEmpty()) {
            return;
        }
        if (state.get().isSwapped()) {
            swapped = true;
            firstAfter = System.nanoTime();
        } else if (state.get() != MigrationState.READY) {
            lastBefore = System.nanoTime();
        }
    }

    /** Everything from the last look before READY to the first look after the swap. */
    synchronized CutoverWindow window() {
        return new CutoverWindow(lastBefore, swapped ? firstAfter : System.nanoTime());
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
