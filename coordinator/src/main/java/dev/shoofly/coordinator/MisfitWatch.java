package dev.shoofly.coordinator;

import dev.shoofly.database.control.Misfits;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells people when rows of the new table do not fit the old one, and when all of them fit again. Owns a thread; nothing of it
 * fails the migration.
 */
final class MisfitWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(MisfitWatch.class);
    private static final Duration LOOK_EVERY = Duration.ofSeconds(1);
    private final RepeatingThread thread = new RepeatingThread("shoofly-misfits");
    private final String table;
    private final BooleanSupplier paused;
    private final Supplier<Misfits> source;
    private final LongConsumer shown;
    /** Of those told since all rows fitted. */
    private final Set<String> columns = new HashSet<>();

    private volatile Misfits latest = Misfits.NONE;

    /**
     * @param paused whether nothing is to be asked now
     * @param shown told the number of rows at each look
     */
    MisfitWatch(String table, BooleanSupplier paused, Supplier<Misfits> source, LongConsumer shown) {
        this.table = table;
        this.paused = paused;
        this.source = source;
        this.shown = shown;
    }

    void start() {
        thread.repeat(this::look, Duration.ZERO, LOOK_EVERY);
    }

    private void look() {
        if (paused.getAsBoolean()) {
            return;
        }
        Misfits now;
        try {
            now = source.get();
        } catch (RuntimeException e) {
            LOG.debug("rows of {} that do not fit were not looked for this time: {}", table, e.getMessage());
            return;
        }
        // Once per kind: rows come and go.
        if (columns.addAll(now.columns().keySet())) {
            LOG.warn("{} cannot be rolled back for now: {}. {}.", table, now.words(), Misfits.advice());
        } else if (now.isEmpty() && !latest.isEmpty()) {
            columns.clear();
            LOG.info("every row of {} fits the old table again; it can be rolled back", table);
        }
        latest = now;
        shown.accept(now.rows());
    }

    /** As of a moment ago. Any thread. */
    Misfits latest() {
        return latest;
    }

    @Override
    public void close() {
        thread.close();
        shown.accept(0);
    }
}
