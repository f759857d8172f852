package dev.shoofly.applier;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.kafka.common.errors.InterruptException;
import org.jspecify.annotations.Nullable;

/**
 * The changes of one partition between Streams' thread, which appends and drains, and the writer thread, which takes. All
 * waits end when the buffer is ended.
 */
final class PendingChanges {
    /**
     * Shortest time between two batches that hold nothing but markers: an idle table must not cost its server ten
     * transactions per second and partition.
     */
    static final Duration MARKER_PAUSE = Duration.ofMillis(200);
    /** Holds more changes than a batch has keys, because hot keys coalesce. */
    private static final int CHANGES_PER_KEY = 16;

    private final BatchRule rule;
    private final int capacity;
    private final Deque<Change> waiting = new ArrayDeque<>();
    private int markers;
    private int drainers;
    private @Nullable Cut inFlight;
    private long lastTaken = System.nanoTime() - MARKER_PAUSE.toNanos();
    private @Nullable Supplier<RuntimeException> end;

    PendingChanges(BatchRule rule) {
        this.rule = rule;
        this.capacity = rule.mostKeys() * CHANGES_PER_KEY;
    }

    /** Waits while the buffer is full. Throws what the buffer was ended with. Streams' thread. */
    synchronized void append(Change change) {
        while (end == null && waiting.size() >= capacity) {
            await(0);
        }
        throwIfEnded();
        waiting.addLast(change);
        if (change.isMarker()) {
            markers++;
        }
        if (waiting.size() == 1 || millisUntilDue() == 0) {
            notifyAll();
        }
    }

    /** Returns once everything appended is applied. Throws what the buffer was ended with. Streams' thread. */
    synchronized void drain() {
        drainers++;
        try {
            notifyAll();
            while (end == null && !isEmpty()) {
                await(0);
            }
        } finally {
            drainers--;
        }
        // Even an empty buffer must not let a commit pass once its partition has another owner.
        throwIfEnded();
    }

    /**
     * Waits for the next batch and takes it; it stays in flight until {@link #applied}. Writer thread.
     *
     * @return empty once the buffer is ended
     */
    synchronized Optional<Cut> take() {
        while (end == null) {
            long millis = millisUntilDue();
            if (millis == 0) {
                Optional<Cut> cut = rule.cut(waiting, isPressed() ? BatchRule.Urgency.NOW : BatchRule.Urgency.CAN_WAIT);
                if (cut.isPresent()) {
                    remove(cut.get());
                    return cut;
                }
            }
            await(millis == Long.MAX_VALUE ? 0 : millis);
        }
        return Optional.empty();
    }

    /** The batch taken last is committed. Writer thread. */
    synchronized void applied() {
        inFlight = null;
        notifyAll();
    }

    /** Somebody waits for the markers that have come: those that stand alone wait no longer. Any thread. */
    synchronized void hurry() {
        if (markers > 0 && markers == waiting.size()) {
            lastTaken = System.nanoTime() - MARKER_PAUSE.toNanos();
            notifyAll();
        }
    }

    /** Everybody who waits or comes gets this error; what was not taken is dropped. The first call wins. Any thread. */
    synchronized void end(Supplier<RuntimeException> error) {
        if (end == null) {
            end = error;
            waiting.clear();
            markers = 0;
            notifyAll();
        }
    }

    synchronized boolean isEnded() {
        return end != null;
    }

    synchronized boolean isEmpty() {
        return waiting.isEmpty() && inFlight == null;
    }

    /** Commit time of the oldest change that is not applied, microseconds since 1970; 0: none, or unknown. */
    synchronized long oldestMicros() {
        if (inFlight != null && inFlight.oldestMicros() > 0) {
            return inFlight.oldestMicros();
        }
        Change first = waiting.peekFirst();
        return first == null ? 0 : first.commitMicros();
    }

    private boolean isPressed() {
        return drainers > 0 || waiting.size() >= capacity;
    }

    /** 0: now; {@code Long.MAX_VALUE}: not before something is appended or somebody drains. */
    private long millisUntilDue() {
        if (waiting.isEmpty()) {
            return Long.MAX_VALUE;
        }
        if (isPressed()) {
            return 0;
        }
        if (markers == waiting.size()) {
            long nanos = lastTaken + MARKER_PAUSE.toNanos() - System.nanoTime();
            return nanos <= 0 ? 0 : TimeUnit.NANOSECONDS.toMillis(nanos) + 1;
        }
        return rule.waitsByTransaction() || markers > 0 ? 0 : Long.MAX_VALUE;
    }

    private void remove(Cut cut) {
        for (int i = 0; i < cut.records(); i++) {
            if (waiting.removeFirst().isMarker()) {
                markers--;
            }
        }
        inFlight = cut;
        lastTaken = System.nanoTime();
        notifyAll();
    }

    private void throwIfEnded() {
        if (end != null) {
            throw end.get();
        }
    }

    private void await(long millis) {
        try {
            wait(millis);
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }
}
