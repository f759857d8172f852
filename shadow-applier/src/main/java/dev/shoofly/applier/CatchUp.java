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
    /**
     * Younger changes are of the moment. Commit times may be those of whole seconds, and of the statement's begin, and changes
     * gather before they come.
     */
    static final Duration BEHIND = Duration.ofSeconds(2);
    /** Long enough for every partition to have had its turn. */
    static final Duration WINDOW = Duration.ofSeconds(2);
    /** One whose turn does not come goes all the same: who has it may be waiting for a lock. */
    static final Duration LONGEST_WAIT = Duration.ofSeconds(5);

    private static final Turn FREE = () -> {};

    private final IntSupplier atATime;
    private final LongSupplier nanoTime;
    /** In the order of their coming, so that no partition falls behind the others. */
    private final Deque<Object> queue = new ArrayDeque<>();

    private volatile boolean hurried;
    private int writing;
    private int more;
    private long windowBegan;
    private long worstMillis;
    private long worstBefore = Long.MAX_VALUE;
    private long lastActive;

    /**
     * @param atATime how many may write at a time, at least 1; asked for each batch that is behind, by its thread, which
     *     may be kept waiting by it
     * @param nanoTime as {@link System#nanoTime}
     */
    CatchUp(IntSupplier atATime, LongSupplier nanoTime) {
        this.atATime = atATime;
        this.nanoTime = nanoTime;
        this.windowBegan = nanoTime.getAsLong();
        this.lastActive = windowBegan;
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
    Turn begin(long lagMillis) {
        if (lagMillis < BEHIND.toMillis() || hurried) {
            return FREE;
        }
        // Not under the lock: it may ask the server, and a stop must not wait for that.
        return begin(lagMillis, Math.max(1, atATime.getAsInt()));
    }

    private synchronized Turn begin(long lagMillis, int limit) {
        note(lagMillis);
        Object ticket = new Object();
        queue.addLast(ticket);
        try {
            long giveUpAt = nanoTime.getAsLong() + LONGEST_WAIT.toNanos();
            while (!hurried && (queue.peekFirst() != ticket || writing >= (long) limit + more)) {
                long left = giveUpAt - nanoTime.getAsLong();
                if (left <= 0) {
                    // Whatever keeps the others, few at a time do not make up for the lag now.
                    more++;
                    break;
                }
                wait(Math.max(
                        1, Math.min(WINDOW.toMillis(), Duration.ofNanos(left).toMillis())));
            }
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        } finally {
            queue.remove(ticket);
            lastActive = nanoTime.getAsLong();
            notifyAll();
        }
        writing++;
        return this::end;
    }

    private synchronized void end() {
        writing--;
        lastActive = nanoTime.getAsLong();
        notifyAll();
    }

    /** Whether nobody is kept waiting, for a stop is waited for. Any thread. */
    synchronized void hurry(boolean now) {
        hurried = now;
        notifyAll();
    }

    /** Half a second of lag per second is what few at a time have to gain. */
    private void note(long lagMillis) {
        long now = nanoTime.getAsLong();
        if (queue.isEmpty() && writing == 0 && now - lastActive >= WINDOW.toNanos()) {
            // Nobody was behind for a while: this is another time.
            more = 0;
            worstBefore = Long.MAX_VALUE;
            worstMillis = 0;
            windowBegan = now;
        } else if (now - windowBegan >= WINDOW.toNanos()) {
            if (worstBefore != Long.MAX_VALUE && worstMillis > worstBefore - WINDOW.toMillis() / 2) {
                more++;
            }
            worstBefore = worstMillis;
            worstMillis = 0;
            windowBegan = now;
        }
        worstMillis = Math.max(worstMillis, lagMillis);
    }
}
