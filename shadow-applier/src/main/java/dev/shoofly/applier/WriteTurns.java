package dev.shoofly.applier;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.apache.kafka.common.errors.InterruptException;

/**
 * Lets few partitions write at a time where others use the server. Changes come in gatherings, to all partitions at once: a
 * dozen sessions that begin in the same moment keep the processors from the applications for tens of milliseconds. One
 * after the other they need hardly longer. The same after a pause, an outage or a standstill, when all of them have full batches,
 * for seconds; if few at a time are too slow to make up for what is behind, more are let in, up to all: a lag that only grows
 * would be worse. Whoever is up to date is kept waiting for a moment at most. Writer threads, unless said otherwise.
 */
final class WriteTurns {
    /**
     * Younger changes are of the moment. Commit times may be those of whole seconds, and of the statement's begin, and changes
     * gather before they come.
     */
    static final Duration BEHIND = Duration.ofSeconds(2);
    /** Long enough for every partition to have had its turn. */
    static final Duration WINDOW = Duration.ofSeconds(2);
    /** One whose turn does not come goes all the same: who has it may be waiting for a lock. */
    static final Duration LONGEST_WAIT = Duration.ofSeconds(5);

    /** Of one that is up to date: when the next gathering comes it is time to go. */
    static final Duration SHORT_WAIT = Duration.ofMillis(250);

    /** Of what takes no time worth waiting for. */
    static final Turn FREE = () -> {};

    private final WriterLimits limits;
    private final LongSupplier nanoTime;
    /** In the order of their coming, so that no partition falls behind the others. Those behind are not kept by the others. */
    private final Deque<Object> behind = new ArrayDeque<>();

    private final Deque<Object> upToDate = new ArrayDeque<>();
    /** Since when they write. */
    private final Map<Object, Long> upToDateWriting = new IdentityHashMap<>();

    private volatile boolean hurried;
    private int behindWriting;
    private int more;
    private long windowBegan;
    private long worstMillis;
    private long worstBefore = Long.MAX_VALUE;
    private long lastBehind;

    /**
     * @param nanoTime as {@link System#nanoTime}
     */
    WriteTurns(WriterLimits limits, LongSupplier nanoTime) {
        this.limits = limits;
        this.nanoTime = nanoTime;
        this.windowBegan = nanoTime.getAsLong();
        this.lastBehind = windowBegan;
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
        if (hurried) {
            return FREE;
        }
        boolean isBehind = lagMillis >= BEHIND.toMillis();
        // Not under the lock: it may ask the server, and a stop must not wait for that.
        int limit = Math.max(1, (isBehind ? limits.whenBehind() : limits.whenUpToDate()).getAsInt());
        if (isBehind) {
            return beginBehind(limit, lagMillis);
        }
        return limit == Integer.MAX_VALUE ? FREE : beginUpToDate(limit);
    }

    private synchronized Turn beginBehind(int limit, long lagMillis) {
        forget();
        note(lagMillis);
        boolean come = hasComeWithin(LONGEST_WAIT, behind, () -> behindWriting < (long) limit + more);
        if (!come) {
            // Whatever keeps the others, few at a time do not make up for the lag now.
            more++;
        }
        behindWriting++;
        return this::endBehind;
    }

    private synchronized void endBehind() {
        behindWriting--;
        lastBehind = nanoTime.getAsLong();
        notifyAll();
    }

    private synchronized Turn beginUpToDate(int limit) {
        forget();
        hasComeWithin(
                SHORT_WAIT, upToDate, () -> behind.isEmpty() && behindWriting + recentlyBegun() < (long) limit + more);
        Object turn = new Object();
        upToDateWriting.put(turn, nanoTime.getAsLong());
        return () -> endUpToDate(turn);
    }

    /** Who has written for longer than that waits for something else than a processor. */
    private long recentlyBegun() {
        long now = nanoTime.getAsLong();
        return upToDateWriting.values().stream()
                .filter(began -> now - began < SHORT_WAIT.toNanos())
                .count();
    }

    private synchronized void endUpToDate(Object turn) {
        upToDateWriting.remove(turn);
        notifyAll();
    }

    /** Whether the turn has come, in the order in which it was asked for. */
    private boolean hasComeWithin(Duration longest, Deque<Object> queue, BooleanSupplier isFree) {
        Object ticket = new Object();
        queue.addLast(ticket);
        try {
            long giveUpAt = nanoTime.getAsLong() + longest.toNanos();
            while (!hurried && (queue.peekFirst() != ticket || !isFree.getAsBoolean())) {
                long left = giveUpAt - nanoTime.getAsLong();
                if (left <= 0) {
                    return false;
                }
                wait(Math.max(
                        1, Math.min(WINDOW.toMillis(), Duration.ofNanos(left).toMillis())));
            }
            return true;
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        } finally {
            queue.remove(ticket);
            notifyAll();
        }
    }

    /** Whether nobody is kept waiting, for a stop is waited for. Any thread. */
    synchronized void hurry(boolean now) {
        hurried = now;
        notifyAll();
    }

    /** Once nobody was behind for a while, this is another time. */
    private void forget() {
        long now = nanoTime.getAsLong();
        if (behind.isEmpty() && behindWriting == 0 && now - lastBehind >= WINDOW.toNanos()) {
            more = 0;
            worstBefore = Long.MAX_VALUE;
            worstMillis = 0;
            windowBegan = now;
        }
    }

    /** Half a second of lag per second is what few at a time have to gain. */
    private void note(long lagMillis) {
        long now = nanoTime.getAsLong();
        if (now - windowBegan >= WINDOW.toNanos()) {
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
