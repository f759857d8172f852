package dev.shoofly.applier;

import dev.shoofly.model.ShooflyException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.streams.errors.TaskMigratedException;
import org.jspecify.annotations.Nullable;

/** The tasks of one applier instance, and how they end. Any thread. */
final class RunningTasks {
    private static final long FIRST_STANDOFF_MILLIS = 100;
    private static final long LONGEST_STANDOFF_MILLIS = 5_000;

    private final InstantSource clock;
    private final Runnable onFailure;
    private final Set<PartitionTask> tasks = ConcurrentHashMap.newKeySet();
    private final Map<Integer, Integer> supersessions = new ConcurrentHashMap<>();
    private final AtomicReference<@Nullable ShooflyException> failure = new AtomicReference<>();
    private final CountDownLatch closing = new CountDownLatch(1);

    /** @param onFailure told once of the first failure; must not block */
    RunningTasks(InstantSource clock, Runnable onFailure) {
        this.clock = clock;
        this.onFailure = onFailure;
    }

    void add(PartitionTask task) {
        tasks.add(task);
        Throwable known = failure.get();
        if (known != null) {
            task.end(() -> new IllegalStateException("the applier has failed", known));
        }
    }

    void remove(PartitionTask task) {
        tasks.remove(task);
    }

    /** Ascending. */
    List<Integer> partitions() {
        return tasks.stream().map(PartitionTask::partition).sorted().toList();
    }

    /** The greatest lag of a partition that this instance owns, in milliseconds; -1 when it owns none or none is known. */
    long lagMillis() {
        long nowMicros = TimeUnit.MILLISECONDS.toMicros(clock.millis());
        return tasks.stream().mapToLong(task -> task.lagMillis(nowMicros)).max().orElse(-1);
    }

    /** Whether everything read so far is applied and nothing was read for this long. */
    boolean areQuietFor(Duration time) {
        return tasks.stream().allMatch(task -> task.isQuietFor(time));
    }

    void hurry() {
        tasks.forEach(PartitionTask::hurry);
    }

    Optional<Throwable> failure() {
        return Optional.ofNullable(failure.get());
    }

    /** Ends every task; the first error is kept. Errors while closing are the closing's, not the migration's. */
    void fail(ShooflyException error) {
        if (isClosing() || !failure.compareAndSet(null, error)) {
            return;
        }
        endAll(() -> error);
        onFailure.run();
    }

    void endAll(Supplier<RuntimeException> error) {
        tasks.forEach(task -> task.end(error));
    }

    void startClosing() {
        closing.countDown();
    }

    boolean isClosing() {
        return closing.getCount() == 0;
    }

    /** The partition has another owner: who owns it next is the group's decision. */
    void superseded(int partition) {
        supersessions.merge(partition, 1, Integer::sum);
    }

    /** A batch was applied under the present claim. */
    void applied(int partition) {
        supersessions.remove(partition);
    }

    /**
     * Waits before a partition is claimed that was taken away before anything could be applied: two claimants (or an
     * applier after the swap, whose epochs are raised) must not chase each other. Returns at once when closing.
     */
    void standOff(int partition) {
        int times = supersessions.getOrDefault(partition, 0);
        if (times == 0) {
            return;
        }
        long millis = Math.min(LONGEST_STANDOFF_MILLIS, FIRST_STANDOFF_MILLIS << Math.min(times - 1, 10));
        try {
            if (closing.await(millis, TimeUnit.MILLISECONDS)) {
                throw new TaskMigratedException("The applier is closing");
            }
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }
}
