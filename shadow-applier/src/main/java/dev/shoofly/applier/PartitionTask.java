package dev.shoofly.applier;

import dev.shoofly.database.connection.Retry;
import dev.shoofly.database.control.Progress;
import dev.shoofly.model.ChangeRecord;
import dev.shoofly.model.ChangeRecordCodec;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.TopicNames;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.kafka.streams.errors.TaskMigratedException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One claim of one partition, from the raised epoch until the partition is given away. Streams' thread puts records in
 * and drains before each commit of offsets; the writer thread, which this class owns, applies.
 */
final class PartitionTask implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PartitionTask.class);
    /** Markers come every 100 ms and wait at most {@link PendingChanges#MARKER_PAUSE}: a longer silence is lag. */
    private static final long SILENCE_MILLIS = 2_000;

    private static final Duration WRITER_STOPS_WITHIN = Duration.ofSeconds(2);

    private final int partition;
    private final long epoch;
    private final ApplierParts parts;
    private final RunningTasks running;
    private final OffsetSequence sequence;
    private final PendingChanges pending;
    private final PartitionWriter writer;
    private final Thread thread;
    private volatile long lastReadNanos = System.nanoTime();

    private PartitionTask(ApplierParts parts, RunningTasks running, Progress claimed, BatchRule rule) {
        String topic = new TopicNames(parts.plan().id()).changes();
        this.partition = claimed.partition();
        this.epoch = claimed.epoch();
        this.parts = parts;
        this.running = running;
        this.sequence = new OffsetSequence(topic, partition, claimed.nextOffset());
        this.pending = new PendingChanges(rule);
        this.writer = new PartitionWriter(parts, running, claimed, pending);
        this.thread = new Thread(writer, "shoofly-" + parts.plan().id() + "-applier-writer-" + partition);
        thread.setDaemon(true);
    }

    /**
     * Claims the partition and starts its writer. Outlasts a restart of the database.
     *
     * @throws TaskMigratedException when the migration's progress is not to be claimed: the group decides anew
     * @throws ShooflyException REFUSED when the topic cannot hold the next change
     */
    static PartitionTask claim(ApplierParts parts, RunningTasks running, int partition) {
        running.standOff(partition);
        String what = "claiming partition " + partition + " of migration "
                + parts.plan().id();
        try {
            Progress claimed = retrying(running, what, () -> parts.ownership().claim(partition));
            boolean byTransaction =
                    retrying(running, what, () -> parts.reconciler().waitsByTransaction());
            BatchRule rule = new BatchRule(parts.batchKeys(), byTransaction, claimed.swapMarker());
            PartitionTask task = new PartitionTask(parts, running, claimed, rule);
            TopicBounds.Bounds bounds =
                    retrying(running, what, () -> parts.bounds().of(partition));
            task.sequence.check(bounds.beginning(), bounds.end());
            LOG.info(
                    "partition {} claimed at epoch {}, next record {}",
                    partition,
                    claimed.epoch(),
                    claimed.nextOffset());
            running.add(task);
            task.thread.start();
            return task;
        } catch (ShooflyException e) {
            if (e.kind() == ErrorKind.SUPERSEDED) {
                running.superseded(partition);
                throw new TaskMigratedException(e.getMessage(), e);
            }
            throw e;
        }
    }

    private static <T> T retrying(RunningTasks running, String what, Supplier<T> work) {
        return Retry.OUTLAST_RESTART.call(what, () -> {
            if (running.isClosing()) {
                throw new ShooflyException(ErrorKind.SUPERSEDED, what + " was given up: the applier is closing");
            }
            return work.get();
        });
    }

    /**
     * Waits while the buffer is full.
     *
     * @throws TaskMigratedException when the partition has another owner
     * @throws ShooflyException REFUSED when changes are missing before this record
     */
    void put(long offset, byte[] value) {
        lastReadNanos = System.nanoTime();
        if (accepts(offset)) {
            pending.append(new Change(offset, decode(offset, value)));
        }
    }

    /**
     * The topic is trimmed behind the saved progress, never before it. So an owner never meets a gap, but an instance that
     * was stopped while its successor went on does: what it did not read is applied and gone. Only the progress row tells
     * the two apart.
     */
    private boolean accepts(long offset) {
        try {
            return sequence.accepts(offset);
        } catch (ShooflyException e) {
            boolean mine = retrying(
                    running,
                    "asking for the owner of partition " + partition,
                    () -> parts.ownership().holds(partition, epoch));
            if (mine) {
                throw e;
            }
            running.superseded(partition);
            throw new TaskMigratedException("Partition " + partition + " has another owner", e);
        }
    }

    private ChangeRecord decode(long offset, byte[] value) {
        try {
            return ChangeRecordCodec.decode(value);
        } catch (IllegalArgumentException e) {
            throw new ShooflyException(
                    ErrorKind.REFUSED,
                    "record " + offset + " of partition " + partition + " cannot be read: " + e.getMessage()
                            + ". Nothing from it on was applied; the source table is untouched.",
                    e);
        }
    }

    /** Returns once every record put is applied and committed in the database: only then may its offset be committed. */
    void drain() {
        pending.drain();
    }

    /** Ends the task with an error that Streams' thread meets at its next call. */
    void end(Supplier<RuntimeException> error) {
        pending.end(error);
        if (Thread.currentThread() != thread) {
            // Ends the pause between two attempts; a statement that runs is not cut short.
            thread.interrupt();
        }
    }

    /** See {@link PendingChanges#hurry}. Any thread. */
    void hurry() {
        pending.hurry();
    }

    int partition() {
        return partition;
    }

    long lagMillis(long nowMicros) {
        long applied = writer.appliedCommitMicros();
        long lag = writer.appliedLagMillis();
        long oldest = pending.oldestMicros();
        if (oldest > 0) {
            lag = Math.max(lag, TimeUnit.MICROSECONDS.toMillis(nowMicros - oldest));
        }
        long silence = TimeUnit.MICROSECONDS.toMillis(nowMicros - applied);
        return applied > 0 && silence > SILENCE_MILLIS ? Math.max(lag, silence) : lag;
    }

    boolean isQuietFor(Duration time) {
        return pending.isEmpty() && System.nanoTime() - lastReadNanos > time.toNanos();
    }

    /** Stops the writer; what is not drained is left to the next owner. Streams' thread. */
    @Override
    public void close() {
        running.remove(this);
        end(() -> new TaskMigratedException("Partition " + partition + " is given away"));
        try {
            thread.join(WRITER_STOPS_WITHIN.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        // A writer that still waits for the server cannot do harm: the next claim raises the epoch.
    }
}
