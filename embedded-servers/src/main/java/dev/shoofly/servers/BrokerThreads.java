package dev.shoofly.servers;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.apache.kafka.common.utils.Exit;
import org.jspecify.annotations.Nullable;

/**
 * The thread group of one broker. A broker's fatal faults ask to end the whole process through a global procedure; the
 * group of the asking thread tells which broker of this JVM it was.
 */
final class BrokerThreads {
    private static final Map<ThreadGroup, BrokerThreads> BROKERS = new ConcurrentHashMap<>();

    static {
        Exit.setHaltProcedure(BrokerThreads::ended);
        Exit.setExitProcedure(BrokerThreads::ended);
    }

    private final ThreadGroup group;
    private final Consumer<Throwable> onFault;

    BrokerThreads(String name, Consumer<Throwable> onFault) {
        this.group = new ThreadGroup(name);
        this.onFault = onFault;
        BROKERS.put(group, this);
    }

    Thread start(String name, Runnable work) {
        Thread thread = new Thread(group, work, group.getName() + "-" + name);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    void forget() {
        BROKERS.remove(group);
    }

    /** Whether the thread ended within the time. An interrupt does not shorten the wait: a stop is to be orderly. */
    static boolean join(Thread thread, Duration limit) {
        long deadline = System.nanoTime() + limit.toNanos();
        boolean interrupted = false;
        while (thread.isAlive() && System.nanoTime() < deadline) {
            try {
                thread.join(Math.max(1, (deadline - System.nanoTime()) / 1_000_000));
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return !thread.isAlive();
    }

    private static void ended(int status, @Nullable String message) {
        Thread thread = Thread.currentThread();
        IllegalStateException fault = new IllegalStateException((message == null ? "fatal fault" : message)
                + " (status " + status + ", in thread " + thread.getName() + ")");
        for (ThreadGroup group = thread.getThreadGroup(); group != null; group = group.getParent()) {
            BrokerThreads broker = BROKERS.get(group);
            if (broker != null) {
                broker.onFault.accept(fault);
                throw fault;
            }
        }
        // Not a thread of any broker: whichever it belongs to, none may go on unnoticed.
        BROKERS.values().forEach(broker -> broker.onFault.accept(fault));
        throw fault;
    }
}
