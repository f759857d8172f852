package dev.shoofly.database.control;

import java.time.Duration;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What an applier instance said of itself last.
 *
 * @param name {@code host:pid}
 * @param epoch of the migration, as the instance knew it
 * @param partitions that it had claimed
 * @param lagMillis the worst of its partitions; -1: unknown
 * @param quiet whether it stands still because of a pause
 * @param failure what ended it; null: nothing
 * @param silence since it said so, by the server's clock
 */
public record ApplierInstance(
        String name,
        long epoch,
        List<Integer> partitions,
        long lagMillis,
        boolean quiet,
        @Nullable Failure failure,
        Duration silence) {
    /** Instances speak twice a second. One that was silent for longer is taken for dead or cut off. */
    public static final Duration ALIVE_WITHIN = Duration.ofSeconds(5);

    /** @param kind name of an {@code ErrorKind} */
    public record Failure(String kind, String message) {}

    public boolean isAlive() {
        return failure == null && silence.compareTo(ALIVE_WITHIN) < 0;
    }

    /** The partitions, of this many, that no living instance has claimed; ascending. */
    public static List<Integer> unclaimed(List<ApplierInstance> instances, int partitions) {
        TreeSet<Integer> open = new TreeSet<>();
        IntStream.range(0, partitions).forEach(open::add);
        instances.stream().filter(ApplierInstance::isAlive).forEach(each -> open.removeAll(each.partitions()));
        return List.copyOf(open);
    }
}
