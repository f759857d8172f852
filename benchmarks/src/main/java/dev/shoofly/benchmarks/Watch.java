package dev.shoofly.benchmarks;

import dev.shoofly.applier.Applier;
import dev.shoofly.database.Reconciler;
import dev.shoofly.database.control.Progress;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Stands before the product's reconciler and counts what it commits. Called by the writers; awaited by the main thread. */
final class Watch implements Reconciler {
    private static final Duration PATIENCE = Duration.ofMinutes(10);
    private static final long GLANCE_MILLIS = 100;

    private final Reconciler product;
    private final long changes;
    private final long lastOffsets;
    private final CpuTime cpuTime;
    private final Map<Integer, Long> offsets = new HashMap<>();
    private long keys;
    private long batches;
    private long retries;
    private Duration cpu = Duration.ZERO;
    private long began;
    private long ended;

    /**
     * @param progress from which the applier goes on
     * @param changes that wait behind it
     */
    Watch(Reconciler product, List<Progress> progress, long changes, CpuTime cpuTime) {
        this.cpuTime = cpuTime;
        this.product = product;
        this.changes = changes;
        progress.forEach(each -> offsets.put(each.partition(), each.nextOffset()));
        this.lastOffsets = sum() + changes;
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
        begin();
        Outcome outcome = product.apply(batch);
        end(batch, outcome);
        return outcome;
    }

    private synchronized void begin() {
        if (began == 0) {
            cpu = cpuTime.used();
            began = System.nanoTime();
        }
    }

    private synchronized void end(Batch batch, Outcome outcome) {
        offsets.put(batch.partition(), batch.nextOffset());
        keys += outcome.keys();
        batches++;
        retries += outcome.retries();
        if (sum() == lastOffsets) {
            ended = System.nanoTime();
            cpu = cpuTime.used().minus(cpu);
            notifyAll();
        }
    }

    /** Returns once the last change is committed. */
    synchronized void await(Applier applier) throws InterruptedException {
        long giveUpAt = System.nanoTime() + PATIENCE.toNanos();
        while (ended == 0) {
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
        return new Work(changes, keys, batches, retries, ended - began, cpu);
    }
}
