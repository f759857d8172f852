package dev.shoofly.database;

import dev.shoofly.model.DuplicateRowsException;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.TableName;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Rows of the source that cannot both be in the new table, each pair proved by a statement that saw both at once.
 *
 * @param constraint of the new table: name, then columns or definition
 * @param pairs not empty, at most {@link #MOST_PAIRS}
 */
public record DuplicateRows(TableName source, String constraint, List<Pair> pairs) {
    /** Pairs that a report names. */
    public static final int MOST_PAIRS = 10;

    private static final int LONGEST_VALUE = 100;
    /** Of the pairs that stopped the migration; a value that a thousand rows share must not fill the report. */
    private static final int MOST_PROVED = 3;

    public DuplicateRows {
        pairs = List.copyOf(pairs);
    }

    /** A few of the pairs that were met, then those that a search found, without repeats. */
    public static List<Pair> merged(List<Pair> met, List<Pair> searched) {
        return Stream.of(met.stream().limit(MOST_PROVED), searched.stream(), met.stream())
                .flatMap(pairs -> pairs)
                .distinct()
                .limit(MOST_PAIRS)
                .toList();
    }

    /** @param values that the constraint sees, as text */
    public record Pair(String values, RowKey first, RowKey second) {
        @Override
        public String toString() {
            String shown = values.length() > LONGEST_VALUE ? values.substring(0, LONGEST_VALUE) + "…" : values;
            return "(" + shown + ") in the rows " + first + " and " + second;
        }
    }

    /** @param cause what the server said, if it did */
    public DuplicateRowsException error(@Nullable Throwable cause) {
        return new DuplicateRowsException(
                "rows of " + source + " collide under " + constraint + " of the new table: "
                        + pairs.stream().map(Pair::toString).collect(Collectors.joining("; "))
                        + (pairs.size() < MOST_PAIRS ? "" : "; there may be more")
                        + ". The original table is untouched and nothing of it was left out in silence. Correct these"
                        + " rows and resume the migration, or cancel it and leave the constraint out.",
                cause);
    }
}
