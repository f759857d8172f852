package dev.shoofly.database.throttle;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Lets each worker work a given share of its time: what a chunk took is paid for by waiting before the next one, in every
 * worker of every process alike, so that none starves another. The share may change while somebody waits. A worker is a
 * thread: the one that asked reports what it did.
 */
public final class DutyCycle implements Throttle {
    private static final Duration LOOK_AT_LEAST_EVERY = Duration.ofSeconds(5);

    private final LongSupplier nanoTime;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final ThreadLocal<Debt> debts = ThreadLocal.withInitial(Debt::new);
    private final AtomicLong lastAsked = new AtomicLong();
    private double share = 1;
    private boolean calm = true;
    private int waiting;
    private boolean asked;
    private @Nullable String reason;

    public DutyCycle(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /**
     * Takes effect at once, for those who wait too.
     *
     * @param why it is below 1, for people
     * @param isCalm whether something may start that cannot be slowed down
     */
    public void share(double next, @Nullable String why, boolean isCalm) {
        lock.lock();
        try {
            share = next;
            reason = why;
            calm = isCalm;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void await() throws InterruptedException {
        Debt debt = debts.get();
        lock.lockInterruptibly();
        try {
            asked = true;
            waiting++;
            long left = debt.toWait(share);
            while (left > 0) {
                double meanwhile = share;
                long from = nanoTime.getAsLong();
                changed.await(Math.min(left, LOOK_AT_LEAST_EVERY.toNanos()), TimeUnit.NANOSECONDS);
                debt.waited(nanoTime.getAsLong() - from, meanwhile);
                left = debt.toWait(share);
            }
            debt.settle();
        } finally {
            waiting--;
            lastAsked.set(nanoTime.getAsLong());
            lock.unlock();
        }
    }

    @Override
    public void awaitCalm() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            asked = true;
            waiting++;
            while (!calm) {
                changed.await();
            }
        } finally {
            waiting--;
            lastAsked.set(nanoTime.getAsLong());
            lock.unlock();
        }
    }

    @Override
    public void finished(Duration took, long rows) {
        debts.get().work(took);
        lastAsked.set(nanoTime.getAsLong());
    }

    @Override
    public Optional<String> heldBackBy() {
        lock.lock();
        try {
            return share < 1 || !calm ? Optional.ofNullable(reason) : Optional.empty();
        } finally {
            lock.unlock();
        }
    }

    /** Whether a worker waits, or has asked or worked within this time. */
    public boolean isInUse(Duration within) {
        lock.lock();
        try {
            return waiting > 0 || asked && nanoTime.getAsLong() - lastAsked.get() <= within.toNanos();
        } finally {
            lock.unlock();
        }
    }
}
