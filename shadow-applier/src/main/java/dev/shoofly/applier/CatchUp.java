package dev.shoofly.applier;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import org.apache.kafka.common.errors.InterruptException;

/**
 * Lets few partitions write at a time while the applier is behind. After a pause, an outage or a standstill all of them
 * have full batches, and all at once would keep the processors, and whoever commits, from the applications for
 * seconds. One after the other they need hardly longer. If that is too slow to make up for what is behind, more are let in, up to
 * all: a lag that only grows would be worse. Whoever is up to date is never kept waiting. Writer threads, unless said otherwise.
 */
final class CatchUp {
    /** Younger changes are of the moment; a lag of that length is nothing to catch up with. */
    static final Duration BEHIND = Duration.ofSeconds(1);
    /** Long enough for every partition to have had its turn. */
    static final Duration WINDOW = Duration.ofSeconds(2);
    /** One whose turn does not come goes all the same: who has it may be waiting for a lock. */
    static final Duration LONGEST_WAIT = Duration.ofSeconds(5);

    private final IntSupplier atATime;
    private final LongSupplier nanoTime;
    /** In the order of their coming, so that no partition falls behind the others. */
    private final Deque<Object> queue = new ArrayDeque<>();

    private int writing;
    private int more;
    private long windowBegan;
    private long worstMillis;
    private long worstBefore = Long.MAX_VALUE;
    private boolean hurried;

    /**
     * @param atATime how many may write at a time, at least 1; asked again and again, by any thread, under this object's lock
     * @param nanoTime as {@link System#nanoTime}
     */
    CatchUp(IntSupplier atATime, LongSupplier nanoTime) {
        this.atATime = atATime;
        this.nanoTime = nanoTime;
        this.windowBegan = nanoTime.getAsLong();
    }

    /** A turn to write; to be closed. */
    interface Turn extends AutoCloseable {
        @Override
        void close();
    }

    /**
     * Waits for a turn.
     *
     * @param lagMillis age of the batch's newest change; negative: unknown
     */
    synchronized Turn begin(long lagMillis) {
        if (lagMillis < BEHIND.toMillis()) {
            return () -> {};
        }
        note(lagMillis);
        Object ticket = new Object();
        queue.addLast(ticket);
        try {
            long giveUpAt = nanoTime.getAsLong() + LONGEST_WAIT.toNanos();
            while (!hurried && (queue.peekFirst() != ticket || writing >= limit())) {
                long left = giveUpAt - nanoTime.getAsLong();
                if (left <= 0) {
                    break;
                }
                // Also looks again by itself: the limit may have changed.
                wait(Math.max(
                        1, Math.min(WINDOW.toMillis(), Duration.ofNanos(left).toMillis())));
            }
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        } finally {
            queue.remove(ticket);
            notifyAll();
        }
        writing++;
        return this::end;
    }

    private synchronized void end() {
        writing--;
        notifyAll();
    }

    /** Whether nobody is kept waiting, for a stop is waited for. Any thread. */
    synchronized void hurry(boolean now) {
        hurried = now;
        notifyAll();
    }

    private int limit() {
        return (int) Math.min(Integer.MAX_VALUE, (long) Math.max(1, atATime.getAsInt()) + more);
    }

    /** Half a second of lag per second is what few at a time have to gain. */
    private void note(long lagMillis) {
        long age = nanoTime.getAsLong() - windowBegan;
        if (age >= WINDOW.toNanos()) {
            // Nobody was behind in the whole window before: this is another time.
            boolean anew = age >= 2 * WINDOW.toNanos();
            boolean gains = worstBefore == Long.MAX_VALUE || worstMillis <= worstBefore - WINDOW.toMillis() / 2;
            more = anew ? 0 : gains ? more : more + 1;
            worstBefore = anew ? Long.MAX_VALUE : worstMillis;
            worstMillis = 0;
            windowBegan = nanoTime.getAsLong();
        }
        worstMillis = Math.max(worstMillis, lagMillis);
    }
}
