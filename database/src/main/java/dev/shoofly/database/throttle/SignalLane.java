package dev.shoofly.database.throttle;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads some signals, one after the other, each as often as it wants to be. Owns one thread; a signal that hangs holds up
 * those of its lane only, and that it hangs is itself a reading. All other methods are for any thread.
 */
final class SignalLane implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SignalLane.class);
    /** A signal that waits longer than this for its answer is itself a sign of trouble. */
    static final Duration SILENCE = Duration.ofSeconds(5);
    /** While nobody copies. */
    private static final Duration IDLE_EVERY = Duration.ofSeconds(10);

    private static final Duration END_WITHIN = Duration.ofSeconds(10);

    private final String name;
    private final LongSupplier nanoTime;
    private final Consumer<Reading> listener;
    private final List<Slot> slots = new ArrayList<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Thread thread;
    private long readingSince;
    private boolean reading;
    private Watch watch = Watch.CLOSELY;
    private boolean closed;

    /** How often it looks. */
    enum Watch {
        /** As often as each signal wants. */
        CLOSELY,
        /** Nobody copies. */
        NOW_AND_THEN,
        /** The migration is paused: a measurement is load as well. */
        NOT_AT_ALL
    }

    private static final class Slot {
        private final LoadSignal signal;
        private List<Reading> latest = List.of();
        private boolean read;
        private long readAt;

        Slot(LoadSignal signal) {
            this.signal = signal;
        }
    }

    /** @param listener told of every new reading, on this lane's thread */
    SignalLane(String name, List<LoadSignal> signals, LongSupplier nanoTime, Consumer<Reading> listener) {
        this.name = name;
        this.nanoTime = nanoTime;
        this.listener = listener;
        signals.forEach(signal -> slots.add(new Slot(signal)));
        this.thread = new Thread(this::run, "shoofly-load-" + name);
        thread.setDaemon(true);
        thread.start();
    }

    void watch(Watch next) {
        lock.lock();
        try {
            if (watch != next) {
                watch = next;
                changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    /** What each signal said last; empty before the first answers. */
    List<Reading> readings() {
        lock.lock();
        try {
            List<Reading> all = new ArrayList<>();
            slots.forEach(slot -> all.addAll(slot.latest));
            long silent = reading ? nanoTime.getAsLong() - readingSince : 0;
            if (silent > SILENCE.toNanos()) {
                all.add(Reading.stop(
                        SignalKind.SILENCE,
                        name,
                        "has not answered for " + Words.duration(Duration.ofSeconds(silent / 1_000_000_000))));
            }
            return all;
        } finally {
            lock.unlock();
        }
    }

    /** Whether every signal was read at least once. */
    boolean hasLooked() {
        lock.lock();
        try {
            return slots.stream().allMatch(slot -> slot.read);
        } finally {
            lock.unlock();
        }
    }

    private void run() {
        try {
            Slot next = awaitDue();
            while (next != null) {
                List<Reading> found = read(next.signal);
                found.forEach(listener);
                done(next, found);
                next = awaitDue();
            }
        } catch (InterruptedException e) {
            LOG.debug("lane {} ends", name);
        } finally {
            slots.forEach(slot -> slot.signal.close());
        }
    }

    private List<Reading> read(LoadSignal signal) {
        try {
            return signal.read();
        } catch (RuntimeException e) {
            LOG.debug("a load signal failed", e);
            return List.of(Reading.stop(SignalKind.SILENCE, name, "cannot be read: " + Words.oneLine(e)));
        }
    }

    /** Null once the lane is closed. */
    @org.jspecify.annotations.Nullable
    private Slot awaitDue() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (!closed) {
                long now = nanoTime.getAsLong();
                long wait = Long.MAX_VALUE;
                for (Slot slot : watch == Watch.NOT_AT_ALL ? List.<Slot>of() : slots) {
                    long left = slot.read ? slot.readAt + interval(slot) - now : 0;
                    if (left <= 0) {
                        reading = true;
                        readingSince = now;
                        return slot;
                    }
                    wait = Math.min(wait, left);
                }
                changed.await(wait, TimeUnit.NANOSECONDS);
            }
            return null;
        } finally {
            lock.unlock();
        }
    }

    private long interval(Slot slot) {
        long own = slot.signal.every().toNanos();
        return watch == Watch.CLOSELY ? own : Math.max(own, IDLE_EVERY.toNanos());
    }

    private void done(Slot slot, List<Reading> found) {
        lock.lock();
        try {
            slot.latest = List.copyOf(found);
            slot.read = true;
            slot.readAt = nanoTime.getAsLong();
            reading = false;
        } finally {
            lock.unlock();
        }
    }

    /** Waits until the reading under way has ended, and then closes the signals. */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        thread.interrupt();
        try {
            thread.join(END_WITHIN.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
