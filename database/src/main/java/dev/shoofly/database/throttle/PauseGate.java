package dev.shoofly.database.throttle;

import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** Lets everything through until it is paused; then nothing until it is resumed. Any thread. */
public final class PauseGate implements Throttle {
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition resumed = lock.newCondition();
    private boolean paused;

    /** What has passed the gate already goes on to its end; nothing new starts. */
    public void pause() {
        lock.lock();
        try {
            paused = true;
        } finally {
            lock.unlock();
        }
    }

    public void resume() {
        lock.lock();
        try {
            paused = false;
            resumed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void await() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (paused) {
                resumed.await();
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public Optional<String> heldBackBy() {
        lock.lock();
        try {
            return paused ? Optional.of("paused") : Optional.empty();
        } finally {
            lock.unlock();
        }
    }
}
