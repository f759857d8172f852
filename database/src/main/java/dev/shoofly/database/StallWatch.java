package dev.shoofly.database;

import java.sql.SQLException;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Interrupts the statement that an attempt of the swap is at when its budget is over. Owns a thread, which ends with
 * {@link #settle}: from then on nothing is interrupted any more.
 */
public final class StallWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(StallWatch.class);
    private static final long GLANCE_NANOS = 1_000_000;
    /** A statement that ended by itself in between may have been followed by another. */
    private static final long AGAIN_NANOS = 20_000_000;

    private final StallBudget budget;
    private final Interruption interruption;
    private final Thread thread = new Thread(this::watch, "shoofly-stall-watch");
    private volatile boolean settled;
    private volatile boolean interrupted;

    /** Ends the statement that a session is at, from another connection. */
    @FunctionalInterface
    public interface Interruption {
        void interrupt() throws SQLException;
    }

    public StallWatch(StallBudget budget, Interruption interruption) {
        this.budget = budget;
        this.interruption = interruption;
        thread.setDaemon(true);
        thread.start();
    }

    private void watch() {
        while (!settled) {
            if (budget.isOver()) {
                try {
                    interruption.interrupt();
                    interrupted = true;
                } catch (SQLException e) {
                    LOG.warn(
                            "an attempt to swap takes longer than --max-stall and could not be interrupted: {}",
                            e.getMessage());
                    return;
                }
                LockSupport.parkNanos(AGAIN_NANOS);
            } else {
                LockSupport.parkNanos(GLANCE_NANOS);
            }
        }
    }

    /**
     * Returns when nothing can be interrupted any more.
     *
     * @return whether something was: an interrupt that met no statement may wait for the session's next one
     */
    public boolean settle() {
        settled = true;
        LockSupport.unpark(thread);
        boolean again = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                again = true;
            }
        }
        if (again) {
            Thread.currentThread().interrupt();
        }
        return interrupted;
    }

    @Override
    public void close() {
        settle();
    }
}
