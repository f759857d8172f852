package dev.shoofly.cli;

import dev.shoofly.cli.screen.ProgressText;
import dev.shoofly.database.control.ApplierInstance;
import dev.shoofly.database.control.ControlTables;
import dev.shoofly.database.control.Migration;
import dev.shoofly.database.control.TopicUse;
import dev.shoofly.model.MigrationState;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Who applies a migration's changes and what is left for them, as the control tables have it. Component names are the
 * interface of {@code status --json}: add, never rename.
 *
 * @param unclaimedPartitions that no living applier has; empty where nothing is to be applied now
 * @param backlogRecords null: not measured
 */
record ApplyStatus(
        List<Instance> appliers,
        List<Integer> unclaimedPartitions,
        @Nullable Long backlogRecords,
        @Nullable Long topicRecords,
        @Nullable Long topicBytes) {

    /**
     * A living applier.
     *
     * @param lagMillis null: not known
     */
    record Instance(
            String name, List<Integer> partitions, @Nullable Long lagMillis) {}

    static ApplyStatus of(ControlTables control, Migration migration) {
        List<ApplierInstance> living = control.appliers().list(migration.id()).stream()
                .filter(ApplierInstance::isAlive)
                .toList();
        Optional<TopicUse> topic = control.topics().find(migration.id());
        List<Integer> open = isApplied(migration.state())
                ? ApplierInstance.unclaimed(
                        living, control.progress().list(migration.id()).size())
                : List.of();
        return new ApplyStatus(
                living.stream()
                        .map(each -> new Instance(each.name(), each.partitions(), known(each.lagMillis())))
                        .toList(),
                open,
                topic.map(TopicUse::backlog).orElse(null),
                topic.map(TopicUse::records).orElse(null),
                topic.map(use -> known(use.bytes())).orElse(null));
    }

    private static boolean isApplied(MigrationState state) {
        return switch (state) {
            case PREPARING, COPYING, SYNCHRONIZING, VALIDATING, READY -> true;
            case CREATED, PLANNING, CUTOVER, COMPLETED, PAUSED, FAILED, ROLLED_BACK, CANCELLED -> false;
        };
    }

    private static @Nullable Long known(long amount) {
        return amount < 0 ? null : amount;
    }

    /** For people; empty: nothing to say. */
    String appliersText() {
        String who = appliers.stream()
                .map(each -> each.name() + " (partitions "
                        + each.partitions().stream().map(String::valueOf).collect(Collectors.joining(", ")) + ")")
                .collect(Collectors.joining("; "));
        String nobody = unclaimedPartitions.isEmpty() ? "" : ProgressText.nobodyApplies(unclaimedPartitions);
        return who + (who.isEmpty() || nobody.isEmpty() ? "" : "; ") + nobody;
    }

    /** For people; empty: nothing to say. */
    String topicText() {
        if (topicRecords == null || backlogRecords == null) {
            return "";
        }
        String size = topicBytes == null ? "" : ", " + ProgressText.bytes(topicBytes);
        return ProgressText.count(topicRecords) + " records kept" + size + "; " + ProgressText.count(backlogRecords)
                + " to be applied";
    }
}
