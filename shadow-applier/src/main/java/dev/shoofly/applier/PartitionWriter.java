package dev.shoofly.applier;

import dev.shoofly.database.Reconciler;
import dev.shoofly.database.connection.Retry;
import dev.shoofly.database.control.Progress;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationMetrics;
import dev.shoofly.model.ShooflyException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.streams.errors.TaskMigratedException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/**
 * Applies the batches of one partition, one after the other, on its own thread. Each batch takes all that came while the
 * one before was being committed, so the batches grow with the load and nothing waits for a timer.
 */
final class PartitionWriter implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(PartitionWriter.class);

    private final ApplierParts parts;
    private final RunningTasks running;
    private final int partition;
    private final long epoch;
    private final PendingChanges pending;
    private long passedMarker;
    private volatile long appliedCommitMicros;
    private volatile long appliedLagMillis = -1;

    PartitionWriter(ApplierParts parts, RunningTasks running, Progress claimed, PendingChanges pending) {
        this.parts = parts;
        this.running = running;
        this.partition = claimed.partition();
        this.epoch = claimed.epoch();
        this.passedMarker = claimed.marker();
        this.pending = pending;
    }

    @Override
    public void run() {
        MDC.put("migration", parts.plan().id().value());
        MDC.put("table", parts.plan().source().toString());
        MDC.put("role", "applier");
        try {
            Optional<Cut> cut = pending.take();
            while (cut.isPresent()) {
                apply(cut.get());
                pending.applied();
                cut = pending.take();
            }
        } catch (InterruptException e) {
            LOG.debug("writer of partition {} stopped", partition);
        } catch (ShooflyException e) {
            stop(e);
        } catch (RuntimeException | Error e) {
            stop(new ShooflyException(
                    ErrorKind.REFUSED,
                    "the applier of migration " + parts.plan().id() + " met an unexpected error in partition "
                            + partition + ": " + e
                            + ". The batch was not applied; the source table is untouched. Please report this error.",
                    e));
        }
    }

    private void stop(ShooflyException error) {
        if (pending.isEnded()) {
            // Interrupted because the partition was given away; what is left belongs to its next owner.
            return;
        }
        if (error.kind() != ErrorKind.SUPERSEDED) {
            running.fail(error);
            pending.end(() -> error);
            return;
        }
        // The claim is void for good. Throwing TaskMigratedException keeps Streams from committing the offsets of what
        // was not applied and lets the thread rejoin, so that the group says who owns the partition.
        running.superseded(partition);
        pending.end(() -> new TaskMigratedException(error.getMessage(), error));
    }

    private void apply(Cut cut) {
        long began = System.nanoTime();
        long marker = cut.barrier() ? Math.max(cut.marker(), passedMarker) : cut.marker();
        Reconciler.Batch batch =
                new Reconciler.Batch(partition, epoch, cut.keys(), cut.transactions(), cut.nextOffset(), marker);
        Reconciler.Outcome outcome = Retry.OUTLAST_RESTART
                .notifying(error -> parts.metrics().count(MigrationMetrics.Counter.APPLY_RETRIES, 1))
                .call(
                        "applying partition " + partition + " of migration "
                                + parts.plan().id(),
                        () -> attempt(cut, batch));
        passedMarker = Math.max(passedMarker, marker);
        measure(cut, outcome, Duration.ofNanos(System.nanoTime() - began));
        running.applied(partition);
    }

    private Reconciler.Outcome attempt(Cut cut, Reconciler.Batch batch) {
        if (cut.barrier()) {
            // After the batch in the log, so what the batch names is visible once this is committed. Its number is not
            // acknowledged: records before it may still be on their way.
            parts.ownership().barrier();
        }
        parts.faultPoints().reach(Applier.BEFORE_APPLY);
        parts.clock().refresh();
        try (WriteTurns.Turn turn = turn(cut)) {
            Reconciler.Outcome outcome = parts.reconciler().apply(batch);
            parts.faultPoints().reach(Applier.AFTER_APPLY);
            return outcome;
        }
    }

    /** Markers alone are committed in a moment, and somebody may wait for them. */
    private WriteTurns.Turn turn(Cut cut) {
        return cut.keys().isEmpty() ? WriteTurns.FREE : parts.turns().begin(lagMillis(cut));
    }

    private void measure(Cut cut, Reconciler.Outcome outcome, Duration time) {
        MigrationMetrics metrics = parts.metrics();
        metrics.count(MigrationMetrics.Counter.KEYS_APPLIED, outcome.keys());
        metrics.count(MigrationMetrics.Counter.APPLY_RETRIES, outcome.retries());
        metrics.count(MigrationMetrics.Counter.CONFLICTS_CLEARED, outcome.cleared());
        outcome.contention().countIn(metrics);
        metrics.time(MigrationMetrics.Timer.APPLY_BATCH, time);
        if (cut.newestMicros() > 0) {
            appliedLagMillis = Math.max(0, lagMillis(cut));
            appliedCommitMicros = cut.newestMicros();
        }
    }

    /** Age of the batch's newest change; unknown, and negative, where it holds nothing but barriers. */
    private long lagMillis(Cut cut) {
        long nowMicros = TimeUnit.MILLISECONDS.toMicros(parts.clock().millis());
        return cut.newestMicros() > 0 ? TimeUnit.MICROSECONDS.toMillis(nowMicros - cut.newestMicros()) : -1;
    }

    /** Commit time of the latest applied change, microseconds since 1970; 0: none yet. Any thread. */
    long appliedCommitMicros() {
        return appliedCommitMicros;
    }

    /** From the commit at the source to the commit of its batch; -1: not known yet. Any thread. */
    long appliedLagMillis() {
        return appliedLagMillis;
    }
}
