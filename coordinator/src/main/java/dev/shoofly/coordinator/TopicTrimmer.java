package dev.shoofly.coordinator;

import dev.shoofly.database.control.ControlTables;
import dev.shoofly.database.control.Progress;
import dev.shoofly.database.control.TopicUse;
import dev.shoofly.model.MigrationPlan;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntToLongFunction;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Measures the changes topic and deletes what nobody is going to read. Called by one thread.
 *
 * <p>Proof that nothing is deleted that anyone may still read. Let P be the appliers' saved progress, read together with the
 * migration's epoch at time t, which was ours then. A partition is trimmed, at t or any time later, up to P at most.
 * <ul>
 *   <li>An applier starts at the saved progress, which never goes back: at P or after it. Kafka's committed offset, from
 *       which it begins to read, may be before P; then reading starts at the topic's new front and skips up to the saved
 *       progress, as it does after a crash. An instance that lost its partition may still read before P: it meets a gap,
 *       asks for its claim, finds another's and lets go ({@code PartitionTask}).
 *   <li>The cut-over reads from the progress rows that it has locked: at P or after it.
 *   <li>The verification reads from an end of the topic that it asked for. In this process it is kept, from before it asks
 *       until it has read ({@code KeptOffsets}, asked after P is read), and until the offsets from which it goes on are kept
 *       and saved. In the process of a later owner it begins at an end that it asks for after the epoch was raised, so after
 *       t, and the topic ended at P or after it then; or at offsets that were saved under an epoch that was in force. What
 *       this process keeps is never behind those: it lets go only after its own have been saved, and saves no more once it
 *       is deposed. The later owner keeps them before its own trimmer starts.
 * </ul>
 * All of this rests on the saved progress not going back. A server that loses committed transactions (a crash with
 * relaxed flushing, a fail-over to a replica that lags) does put it back: the appliers then refuse the gap, and nothing is
 * wrong but the migration's time is lost. What was applied only lately is therefore kept for a while.
 */
final class TopicTrimmer {
    private static final Logger LOG = LoggerFactory.getLogger(TopicTrimmer.class);
    private final ControlTables control;
    private final MigrationPlan plan;
    private final long epoch;
    private final ChangesTopic topic;
    private final IntToLongFunction firstKept;
    private final Duration margin;
    private final Deque<Sample> samples = new ArrayDeque<>();

    /** @param nanos when the progress was read */
    private record Sample(long nanos, Map<Integer, Long> nextOffsets) {}

    /**
     * @param firstKept first offset of a partition that a reader of this process still wants; {@code Long.MAX_VALUE}: none
     * @param margin how long an applied record is kept
     */
    TopicTrimmer(
            ControlTables control,
            MigrationPlan plan,
            long epoch,
            ChangesTopic topic,
            IntToLongFunction firstKept,
            Duration margin) {
        this.control = control;
        this.plan = plan;
        this.epoch = epoch;
        this.topic = topic;
        this.firstKept = firstKept;
        this.margin = margin;
    }

    /**
     * Trims and measures once.
     *
     * @return empty when the migration has another owner
     */
    Optional<TopicUse> look() {
        long now = System.nanoTime();
        List<Progress> progress = control.progress().listOwned(plan.id(), epoch);
        if (progress.isEmpty()) {
            return Optional.empty();
        }
        samples.addLast(new Sample(
                now, progress.stream().collect(Collectors.toMap(Progress::partition, Progress::nextOffset))));
        Map<Integer, Long> beginnings = topic.beginnings();
        Map<Integer, Long> applied = due(now);
        Map<Integer, Long> before = new HashMap<>();
        applied.forEach((partition, offset) -> {
            // In this order: the progress was read before the readers' holds are.
            long until = Math.min(offset, firstKept.applyAsLong(partition));
            if (until > beginnings.getOrDefault(partition, 0L)) {
                before.put(partition, until);
            }
        });
        if (!before.isEmpty()) {
            topic.trim(before);
            beginnings.putAll(before);
            LOG.debug("topic of migration {} trimmed to {}", plan.id(), before);
        }
        return Optional.of(measured(progress, beginnings));
    }

    /** The newest progress that is old enough. */
    private Map<Integer, Long> due(long now) {
        Map<Integer, Long> found = Map.of();
        while (!samples.isEmpty() && now - samples.getFirst().nanos() >= margin.toNanos()) {
            found = samples.removeFirst().nextOffsets();
        }
        return found;
    }

    private TopicUse measured(List<Progress> progress, Map<Integer, Long> beginnings) {
        Map<Integer, Long> ends = topic.ends();
        long records = 0;
        long backlog = 0;
        for (Progress row : progress) {
            long end = ends.getOrDefault(row.partition(), 0L);
            records += Math.max(0, end - beginnings.getOrDefault(row.partition(), 0L));
            backlog += Math.max(0, end - row.nextOffset());
        }
        return new TopicUse(records, topic.bytes(), backlog);
    }
}
