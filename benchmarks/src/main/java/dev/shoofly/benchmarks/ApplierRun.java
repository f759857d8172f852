package dev.shoofly.benchmarks;

import dev.shoofly.applier.Applier;
import dev.shoofly.applier.ApplierSettings;
import dev.shoofly.capture.publish.ChangePublisher;
import dev.shoofly.database.Database;
import dev.shoofly.model.ChangeRecord;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationMetrics;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import java.time.Duration;
import java.util.List;

/** Has the product's applier work off changes that wait in the topic. */
final class ApplierRun {
    private static final Duration OUTAGE = Duration.ofMinutes(1);
    /** Changes published at a time, as many as a capture has in hand. */
    private static final int PUBLISHED_AT_ONCE = 2_048;

    private final Bed bed;
    private final int threads;
    private final int batchKeys;

    ApplierRun(Bed bed, int threads, int batchKeys) {
        this.bed = bed;
        this.threads = threads;
        this.batchKeys = batchKeys;
    }

    /**
     * Writes the changes to the topic, starts an applier and returns when the last of them is committed.
     *
     * @param times how often the changes are written, one after the other
     */
    Work run(Migrated migrated, List<ChangeRecord> changes, int times) throws InterruptedException {
        MigrationPlan plan = migrated.plan();
        try (ChangePublisher publisher = new ChangePublisher(plan, bed.bootstrapServers(), OUTAGE)) {
            for (int i = 0; i < times; i++) {
                publish(publisher, changes);
            }
        }
        Database database = bed.database();
        Watch watch = new Watch(
                database.reconciler(plan),
                database.control().progress().list(plan.id()),
                (long) times * changes.size(),
                bed.cpuTime());
        ApplierSettings settings = new ApplierSettings(
                plan,
                bed.bootstrapServers(),
                bed.directory("streams-" + plan.id()),
                threads,
                batchKeys,
                ApplierSettings.DEFAULT_SESSION_TIMEOUT);
        try (Applier applier =
                new Applier(settings, watch, database.control().progress(), MigrationMetrics.NONE, FaultPoints.NONE)) {
            applier.start();
            watch.await(applier);
        }
        return watch.work();
    }

    private static void publish(ChangePublisher publisher, List<ChangeRecord> changes) {
        for (int at = 0; at < changes.size(); at += PUBLISHED_AT_ONCE) {
            publisher.publish(changes.subList(at, Math.min(changes.size(), at + PUBLISHED_AT_ONCE)));
        }
    }

    /** The partition's share of these keys, in order: what one connection of a plain program would write. */
    static List<RowKey> share(MigrationPlan plan, List<ChangeRecord> changes, int partition) {
        return changes.stream()
                .map(change -> ((ChangeRecord.DirtyKey) change).key())
                .filter(key -> plan.key().partition(key, plan.partitions()) == partition)
                .distinct()
                .toList();
    }
}
