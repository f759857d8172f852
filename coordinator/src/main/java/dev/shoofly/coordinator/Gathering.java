package dev.shoofly.coordinator;

import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * How long the capture lets changes gather before it hands them on. Each batch costs its server transactions in every
 * partition, so larger ones cost an application less; but whoever waits for the shadow waits so much longer. Any thread.
 */
final class Gathering {
    /** Nobody waits for the shadow before all is copied; and a server that has enough to do is better off with few batches. */
    private static final Duration LONG = Duration.ofMillis(250);
    /** A third of what a change may take from its commit to the shadow. */
    private static final Duration AMONG_OTHERS = Duration.ofMillis(50);

    /** Less is not noticed by who looks at the shadow, and would cost the processor more than the changes themselves. */
    static final Duration SHORT = Duration.ofMillis(10);

    private final Consumer<Duration> capture;
    private final BooleanSupplier othersWork;
    private final BooleanSupplier pressed;
    private volatile boolean copying;
    private volatile boolean comparing;
    private volatile boolean catchingUp;
    private volatile boolean cuttingOver;

    /**
     * @param othersWork whether applications use the server now
     * @param pressed whether the server is near a limit
     */
    Gathering(Consumer<Duration> capture, BooleanSupplier othersWork, BooleanSupplier pressed) {
        this.capture = capture;
        this.othersWork = othersWork;
        this.pressed = pressed;
    }

    synchronized void copying(boolean now) {
        copying = now;
        look();
    }

    /** The comparison of every row: it waits for few markers, and others are better off with large batches until it is over. */
    synchronized void comparing(boolean now) {
        comparing = now;
        look();
    }

    /** What has come since the swap, or while rows were copied: whoever waits for the shadow waits for all of it. */
    synchronized void catchingUp(boolean now) {
        catchingUp = now;
        look();
    }

    /**
     * Under the lock of a cut-over applications wait for the last changes: nothing gathers. To be told when the appliers stand
     * still; before that, many small batches would cost many small transactions, behind which applications' commits wait.
     */
    synchronized void cuttingOver(boolean now) {
        cuttingOver = now;
        look();
    }

    /** Now and then: whether others work changes by itself. */
    synchronized void look() {
        capture.accept(interval());
    }

    /** Whether large batches are wanted rather than early ones. Without a lock: who holds it may be waiting for who asks. */
    boolean isLong() {
        return interval().equals(LONG);
    }

    private Duration interval() {
        if (cuttingOver) {
            return Duration.ZERO;
        }
        if (copying || pressed.getAsBoolean()) {
            return LONG;
        }
        if (!othersWork.getAsBoolean()) {
            return SHORT;
        }
        return comparing || catchingUp ? LONG : AMONG_OTHERS;
    }
}
