package dev.shoofly.database.control;

import dev.shoofly.model.DuplicateRowsException;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.ShooflyException;
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

    /** @param kind name of an {@link ErrorKind}, or {@link #DUPLICATE_ROWS} */
    public record Failure(String kind, String message) {
        /** Rows that collide: the only failure that a migration may be held for, so its owner must know it as that. */
        static final String DUPLICATE_ROWS = "DUPLICATE_ROWS";

        public static Failure of(ShooflyException error) {
            return new Failure(
                    error instanceof DuplicateRowsException
                            ? DUPLICATE_ROWS
                            : error.kind().name(),
                    String.valueOf(error.getMessage()));
        }

        /** @param who met it, for the message */
        public ShooflyException error(String who) {
            String words = who + ": " + message;
            return kind.equals(DUPLICATE_ROWS)
                    ? new DuplicateRowsException(words, null)
                    : new ShooflyException(ErrorKind.valueOf(kind), words);
        }
    }

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
