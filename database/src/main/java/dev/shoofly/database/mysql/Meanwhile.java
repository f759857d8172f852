package dev.shoofly.database.mysql;

import java.sql.SQLException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Work on a thread of its own beside that of its owner, who goes nowhere before it has ended. Used by one thread. */
final class Meanwhile implements AutoCloseable {
    private final FutureTask<Boolean> task;

    /** What is done beside; it must end by itself. */
    @FunctionalInterface
    interface Work {
        void run() throws SQLException;
    }

    Meanwhile(String threadName, Work work) {
        task = new FutureTask<>(() -> {
            work.run();
            return true;
        });
        Thread thread = new Thread(task, threadName);
        thread.setDaemon(true);
        thread.start();
    }

    /**
     * Returns when the work is done; throws what it threw.
     *
     * @param nanoTime by when; {@link System#nanoTime}
     * @return whether it was done in time
     */
    boolean awaitUntil(long nanoTime) throws SQLException {
        try {
            return task.get(Math.max(0, nanoTime - System.nanoTime()), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SQLException("interrupted", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof SQLException error) {
                throw error;
            }
            if (e.getCause() instanceof RuntimeException error) {
                throw error;
            }
            throw new IllegalStateException(e.getCause());
        }
    }

    /** Waits for the end of the work, also when this thread is interrupted; whoever wants its errors has awaited it. */
    @Override
    public void close() {
        boolean interrupted = false;
        while (!task.isDone()) {
            try {
                task.get();
            } catch (InterruptedException e) {
                interrupted = true;
            } catch (ExecutionException e) {
                break;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
