package dev.shoofly.cli.run;

import java.time.Duration;
import java.util.OptionalInt;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Turns Ctrl-C and SIGTERM into an orderly stop: the JVM ends only when the work has closed everything, or after a bounded
 * time. Made on the main thread; the stop runs on the JVM's shutdown thread.
 */
public final class StopHook implements AutoCloseable {
    private final CountDownLatch finished = new CountDownLatch(1);
    private final Thread thread;

    /** @param stop makes the work return soon; must not block for long */
    public StopHook(Runnable stop, Duration limit) {
        this(stop, limit, OptionalInt.empty());
    }

    /** @param exitCode after an orderly stop; empty: the signal's */
    StopHook(Runnable stop, Duration limit, OptionalInt exitCode) {
        this.thread = new Thread(() -> stopAndWait(stop, limit, exitCode), "shoofly-stop");
        Runtime.getRuntime().addShutdownHook(thread);
    }

    private void stopAndWait(Runnable stop, Duration limit, OptionalInt exitCode) {
        stop.run();
        try {
            if (finished.await(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                // Once a signal is being handled, the exit code can be chosen in no other way.
                exitCode.ifPresent(Runtime.getRuntime()::halt);
            } else {
                // The state on the server is safe without it: this is what a kill does at once.
                org.slf4j.LoggerFactory.getLogger(StopHook.class)
                        .warn("not everything was closed within {} s; ending anyway", limit.toSeconds());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** The work is over and everything is closed. */
    @Override
    public void close() {
        finished.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(thread);
        } catch (IllegalStateException e) {
            // The JVM is shutting down already, and the hook with it.
        }
    }
}
