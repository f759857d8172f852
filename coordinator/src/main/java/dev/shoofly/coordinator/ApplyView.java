package dev.shoofly.coordinator;

import java.util.List;

/**
 * The appliers of a migration and what is left for them, as last seen.
 *
 * @param instances living applier instances in all processes
 * @param unclaimed partitions that nobody has applied for a while, ascending
 * @param backlogRecords records of the changes topic that are not applied yet; -1: not measured
 * @param topicRecords records in the changes topic; -1: not measured
 * @param topicBytes on the brokers' disks; -1: not measured, or the cluster does not tell
 */
public record ApplyView(
        int instances, List<Integer> unclaimed, long backlogRecords, long topicRecords, long topicBytes) {
    public static final ApplyView UNKNOWN = new ApplyView(0, List.of(), -1, -1, -1);

    ApplyView withInstances(int living, List<Integer> open) {
        return new ApplyView(living, open, backlogRecords, topicRecords, topicBytes);
    }

    ApplyView withTopic(long backlog, long records, long bytes) {
        return new ApplyView(instances, unclaimed, backlog, records, bytes);
    }
}
