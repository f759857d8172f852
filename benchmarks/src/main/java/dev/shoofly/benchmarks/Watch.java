package dev.shoofly.benchmarks;

import dev.shoofly.applier.Applier;
import dev.shoofly.database.Reconciler;
import dev.shoofly.database.control.Progress;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Stands before the product's reconciler and counts what it commits. The clock starts when the last partition begins its
 * first batch, and only batches that begin later count: joining the group and claiming partitions, which happens once in
 * a migration, is no part of a rate. Where there is so little to do that a partition is done before another begins, all of
 * it counts. Called by the writers; awaited by the main thread.
 */
final class Watch implements Reconciler {
    private static final Duration PATIENCE = Duration.ofMinutes(10);
    private static final long GLANCE_MILLIS = 100;

    private final Reconciler product;
    private final CpuTime cpuTime;
    private final Map<Integer, Long> offsets = new HashMap<>();
    private final long lastOffsets;
    private final Set<Integer> started = new HashSet<>();
    private final Count all = new Count();
    private final Count steady = new Count();
    private boolean done;

    /**
     * @param progress from which the applier goes on
     * @param waiting changes behind it
     */
    Watch(Reconciler product, List<Progress> progress, long waiting, CpuTime cpuTime) {
        this.product = product;
        this.cpuTime = cpuTime;
        progress.forEach(each -> offsets.put(each.partition(), each.nextOffset()));
        this.lastOffsets = sum() + waiting;
    }

    private long sum() {
        return offsets.values().stream().mapToLong(Long::longValue).sum();
    }

    @Override
    public boolean waitsByTransaction() {
        return product.waitsByTransaction();
    }

    @Override
    public Outcome apply(Batch batch) {
        boolean isSteady = begin(batch.partition());
        Outcome outcome = product.apply(batch);
        end(batch, outcome, isSteady);
        return outcome;
    }

    private synchronized boolean begin(int partition) {
        if (started.isEmpty()) {
            all.begin(cpuTime);
        }
        if (started.add(partition) && started.size() == offsets.size()) {
            steady.begin(cpuTime);
        }
        return started.size() == offsets.size();
    }

    private synchronized void end(Batch batch, Outcome outcome, boolean isSteady) {
        long before = Objects.requireNonNull(offsets.put(batch.partition(), batch.nextOffset()));
        long changes = batch.nextOffset() - before;
        all.add(changes, outcome);
        if (isSteady) {
            steady.add(changes, outcome);
        }
        if (sum() == lastOffsets) {
            all.end(cpuTime);
            steady.end(cpuTime);
            done = true;
            notifyAll();
        }
    }

    /** Returns once the last change is committed. */
    synchronized void await(Applier applier) throws InterruptedException {
        long giveUpAt = System.nanoTime() + PATIENCE.toNanos();
        while (!done) {
            applier.failure().ifPresent(error -> {
                throw new BenchmarkFailure("the applier failed: " + error.getMessage(), error);
            });
            if (System.nanoTime() > giveUpAt) {
                throw new BenchmarkFailure("the applier was not done within " + PATIENCE + ": " + offsets);
            }
            wait(GLANCE_MILLIS);
        }
    }

    synchronized Work work() {
        return steady.keys > 0 && steady.batches > started.size() ? steady.work() : all.work();
    }

    /** What was done since a moment. */
    private static final class Count {
        private long changes;
        private long keys;
        private long batches;
        private long retries;
        private long nanos;
        private Duration cpu = Duration.ZERO;

        void begin(CpuTime cpuTime) {
            cpu = cpuTime.used();
            nanos = System.nanoTime();
        }

        void add(long moreChanges, Outcome outcome) {
            changes += moreChanges;
            keys += outcome.keys();
            batches++;
            retries += outcome.retries();
        }

        void end(CpuTime cpuTime) {
            nanos = System.nanoTime() - nanos;
            cpu = cpuTime.used().minus(cpu);
        }

        Work work() {
            return new Work(changes, keys, batches, retries, nanos, cpu);
        }
    }
}
