package dev.shoofly.coordinator;

import dev.shoofly.applier.Applier;
import dev.shoofly.database.control.ApplierInstance;
import dev.shoofly.database.control.ApplierRows;
import dev.shoofly.database.control.ControlTables;
import dev.shoofly.database.control.Progress;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.ShooflyException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What all appliers of a migration do together, wherever they run: this process's own, if it has one, and those that report
 * in {@code shoofly.appliers}. {@link #look} runs on the markers' thread; the rest on any.
 */
final class ApplyWatch {
    private static final Logger LOG = LoggerFactory.getLogger(ApplyWatch.class);
    /** A partition changes hands within this time unless something is wrong: session time-out and a first batch. */
    static final Duration UNCLAIMED_AFTER = Duration.ofSeconds(10);

    private final ControlTables control;
    private final MigrationPlan plan;
    private final long epoch;
    private final String owner;
    private final @Nullable Applier own;
    private final Map<Integer, Long> unclaimedSince = new HashMap<>();
    private volatile long keysApplied;
    private volatile long othersLagMillis = -1;
    private volatile int instances;
    private volatile List<Integer> unclaimed = List.of();
    private volatile @Nullable ShooflyException failure;

    /**
     * @param owner this process, {@code host:pid}
     * @param own null: this process applies nothing
     */
    ApplyWatch(ControlTables control, MigrationPlan plan, long epoch, String owner, @Nullable Applier own) {
        this.control = control;
        this.plan = plan;
        this.epoch = epoch;
        this.owner = owner;
        this.own = own;
    }

    /** Asks the server once. */
    void look() {
        Applier applier = own;
        if (applier != null) {
            control.appliers()
                    .report(plan.id(), new ApplierRows.Report(owner, applier.partitions(), applier.lagMillis(), false));
        }
        keysApplied = control.progress().list(plan.id()).stream()
                .mapToLong(Progress::keysApplied)
                .sum();
        List<ApplierInstance> all = control.appliers().list(plan.id());
        all.stream().filter(this::failedUnderUs).findFirst().ifPresent(failed -> failure = worded(failed));
        instances = (int) all.stream().filter(ApplierInstance::isAlive).count();
        long waiting = unclaimedMillis(ApplierInstance.unclaimed(all, plan.partitions()));
        long reported = all.stream()
                .filter(each -> each.isAlive() && !each.name().equals(owner))
                .mapToLong(ApplierInstance::lagMillis)
                .max()
                .orElse(-1);
        othersLagMillis = Math.max(reported, waiting);
    }

    /** A failure under an earlier epoch was told to an earlier owner. */
    private boolean failedUnderUs(ApplierInstance each) {
        return each.failure() != null && each.epoch() == epoch;
    }

    private static ShooflyException worded(ApplierInstance failed) {
        return Objects.requireNonNull(failed.failure()).error("applier " + failed.name());
    }

    /** How long the partition that has waited longest has had no applier; -1: none waits for long. */
    private long unclaimedMillis(List<Integer> open) {
        long now = System.nanoTime();
        unclaimedSince.keySet().retainAll(open);
        open.forEach(partition -> unclaimedSince.putIfAbsent(partition, now));
        List<Integer> late = open.stream()
                .filter(partition -> age(partition, now) >= UNCLAIMED_AFTER.toNanos())
                .toList();
        unclaimed = late;
        return late.stream()
                .mapToLong(partition -> TimeUnit.NANOSECONDS.toMillis(age(partition, now)))
                .max()
                .orElse(-1);
    }

    private long age(int partition, long now) {
        return now - unclaimedSince.getOrDefault(partition, now);
    }

    /** This process applies no longer. Its row would tell so by its age as well. */
    void leave() {
        try {
            control.appliers().leave(plan.id(), owner);
        } catch (ShooflyException e) {
            LOG.debug("not signed off: {}", e.getMessage());
        }
    }

    long keysApplied() {
        return keysApplied;
    }

    /** The worst lag of any partition; a partition that nobody applies lags since then. Milliseconds; -1: unknown. */
    long lagMillis() {
        Applier applier = own;
        return Math.max(othersLagMillis, applier == null ? -1 : applier.lagMillis());
    }

    /** Living instances, this process's own included. */
    int instances() {
        return instances;
    }

    /** Partitions that nobody has applied for {@link #UNCLAIMED_AFTER}. */
    List<Integer> unclaimed() {
        return unclaimed;
    }

    /** What ended an applier in another process under this epoch. */
    Optional<ShooflyException> failure() {
        return Optional.ofNullable(failure);
    }

    /**
     * Waits until every living applier in another process has said that it stands still. The migration is PAUSED.
     *
     * @return the names of those that have not in time
     */
    List<String> awaitQuiet(Duration limit) {
        return Standstill.await(
                "reading the appliers of " + plan.id(),
                () -> control.appliers().list(plan.id()).stream()
                        .filter(each ->
                                each.isAlive() && !each.quiet() && !each.name().equals(owner))
                        .map(ApplierInstance::name)
                        .toList(),
                limit);
    }
}
