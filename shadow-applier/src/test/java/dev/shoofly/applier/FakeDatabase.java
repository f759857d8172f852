package dev.shoofly.applier;

import dev.shoofly.database.Reconciler;
import dev.shoofly.database.control.Progress;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationMetrics;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Semaphore;

/** One partition's progress row and a reconcile that only takes notes. */
final class FakeDatabase implements Reconciler, Ownership {
    final MigrationPlan plan = Plans.withPartitions(1);
    /** What the next calls of {@link #apply} throw. */
    final Deque<RuntimeException> errors = new ArrayDeque<>();
    /** Each apply needs one. */
    final Semaphore permits = new Semaphore(Integer.MAX_VALUE);

    private final boolean byTransaction;
    private final List<Batch> batches = new ArrayList<>();
    private final List<String> calls = new ArrayList<>();
    private Progress row = new Progress(0, 0, 0, 0, 0, 0);

    FakeDatabase(boolean byTransaction) {
        this.byTransaction = byTransaction;
    }

    ApplierParts parts(int batchKeys, TopicBounds bounds) {
        return new ApplierParts(
                plan,
                batchKeys,
                this,
                new WriteTurns(WriterLimits.NONE, System::nanoTime),
                this,
                bounds,
                MigrationMetrics.NONE,
                FaultPoints.NONE,
                new SourceClock(InstantSource.system(), System::nanoTime, this::now));
    }

    synchronized void setProgress(long nextOffset, long marker) {
        row = new Progress(0, row.epoch(), nextOffset, marker, 0, 0);
    }

    @Override
    public synchronized Progress claim(int partition) {
        row = new Progress(partition, row.epoch() + 1, row.nextOffset(), row.marker(), 0, 0);
        return row;
    }

    @Override
    public synchronized boolean holds(int partition, long epoch) {
        return row.epoch() == epoch;
    }

    @Override
    public synchronized void barrier() {
        calls.add("barrier");
    }

    @Override
    public Instant now() {
        return InstantSource.system().instant();
    }

    @Override
    public boolean waitsByTransaction() {
        return byTransaction;
    }

    @Override
    public Outcome apply(Batch batch) {
        permits.acquireUninterruptibly();
        synchronized (this) {
            RuntimeException error = errors.poll();
            if (error != null) {
                throw error;
            }
            if (batch.epoch() != row.epoch()) {
                throw new ShooflyException(ErrorKind.SUPERSEDED, "another epoch");
            }
            row = new Progress(
                    0,
                    row.epoch(),
                    batch.nextOffset(),
                    Math.max(row.marker(), batch.marker()),
                    batch.keys().size(),
                    0);
            batches.add(batch);
            calls.add("apply " + batch.keys());
            return new Outcome(batch.keys().size(), 0, 0);
        }
    }

    synchronized Progress progress() {
        return row;
    }

    synchronized List<Batch> batches() {
        return List.copyOf(batches);
    }

    synchronized List<RowKey> keys() {
        return batches.stream().flatMap(batch -> batch.keys().stream()).toList();
    }

    synchronized List<String> calls() {
        return List.copyOf(calls);
    }
}
