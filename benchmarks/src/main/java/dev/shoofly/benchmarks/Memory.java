package dev.shoofly.benchmarks;

import com.sun.management.GarbageCollectionNotificationInfo;
import java.io.IOException;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryUsage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import javax.management.NotificationEmitter;
import javax.management.openmbean.CompositeData;

/**
 * Samples this process's memory: what the system has given it, and what of the heap was still in use after a collection,
 * the least of each interval. A leak shows as a rise of the latter. Owns one thread.
 */
final class Memory implements AutoCloseable {
    private static final int SAMPLES = 60;

    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor();
    private final AtomicLong leastAfterCollection = new AtomicLong(Long.MAX_VALUE);
    private final List<Sample> samples = new ArrayList<>();
    private final long began = System.nanoTime();

    /**
     * The state at one moment. The components' names are those in the report.
     *
     * @param heapAfterCollectionMiB -1: no collection since the sample before
     */
    record Sample(long second, long residentMiB, long heapAfterCollectionMiB) {}

    /** @param seconds how long will be measured; there are about sixty samples, at most one per second */
    Memory(int seconds) {
        for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
            if (collector instanceof NotificationEmitter emitter) {
                emitter.addNotificationListener(
                        (notification, handback) -> collected((CompositeData) notification.getUserData()), null, null);
            }
        }
        long interval = Math.max(1, seconds / SAMPLES);
        thread.scheduleAtFixedRate(this::sample, 0, interval, TimeUnit.SECONDS);
    }

    private void collected(CompositeData data) {
        long used = GarbageCollectionNotificationInfo.from(data).getGcInfo().getMemoryUsageAfterGc().entrySet().stream()
                .filter(pool -> pool.getKey().contains("Eden")
                        || pool.getKey().contains("Survivor")
                        || pool.getKey().contains("Old")
                        || pool.getKey().contains("Tenured"))
                .map(Map.Entry::getValue)
                .mapToLong(MemoryUsage::getUsed)
                .sum();
        leastAfterCollection.accumulateAndGet(used, Math::min);
    }

    private synchronized void sample() {
        long heap = leastAfterCollection.getAndSet(Long.MAX_VALUE);
        samples.add(new Sample(
                (System.nanoTime() - began) / 1_000_000_000L, residentMiB(), heap == Long.MAX_VALUE ? -1 : heap >> 20));
    }

    /** In time order. */
    synchronized List<Sample> samples() {
        return List.copyOf(samples);
    }

    static long residentMiB() {
        return statusMiB("self", "VmRSS:");
    }

    /** The most that a process ever had; 0: it has ended. */
    static long peakResidentMiB(long process) {
        return Files.exists(Path.of("/proc", Long.toString(process))) ? statusMiB(Long.toString(process), "VmHWM:") : 0;
    }

    private static long statusMiB(String process, String field) {
        try {
            return Files.readAllLines(Path.of("/proc", process, "status")).stream()
                            .filter(line -> line.startsWith(field))
                            .map(line -> line.replaceAll("\\D", ""))
                            .mapToLong(Long::parseLong)
                            .findFirst()
                            .orElse(0)
                    >> 10;
        } catch (IOException e) {
            throw new BenchmarkFailure("cannot read the memory of process " + process + ": " + e.getMessage(), e);
        }
    }

    /** What is reachable: a whole collection, so not while anything is measured. */
    static long reachableMiB() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed() >> 20;
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
