package dev.shoofly.coordinator;

import dev.shoofly.model.Strategy;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a migration would do. {@code explain --json} prints it: component names are the interface, add, never rename.
 *
 * @param rows the server's estimate
 * @param bytes of the table with its indexes
 * @param diskBytes that are needed beside it
 * @param diskFreeBytes where they are needed; null: not known
 * @param expectedSeconds null: cannot be said
 * @param columns of a shadow; empty otherwise
 * @param obstacles what must be cured first, each with its remedy; empty: nothing
 */
public record Explanation(
        String table,
        List<String> alters,
        Strategy strategy,
        List<String> reasons,
        List<Step> steps,
        List<Column> columns,
        List<String> carriedOver,
        long rows,
        long bytes,
        long diskBytes,
        @Nullable Long diskFreeBytes,
        @Nullable Range expectedSeconds,
        Rollback rollback,
        List<String> warnings,
        List<String> obstacles) {
    public Explanation {
        alters = List.copyOf(alters);
        reasons = List.copyOf(reasons);
        steps = List.copyOf(steps);
        columns = List.copyOf(columns);
        carriedOver = List.copyOf(carriedOver);
        warnings = List.copyOf(warnings);
        obstacles = List.copyOf(obstacles);
    }

    /**
     * One thing after the other.
     *
     * @param statements empty: too many, or none
     * @param lock on the table, as the server calls it
     * @param held for how long
     * @param alsoLocked other tables, for as long
     */
    public record Step(String what, List<String> statements, String lock, String held, List<Lock> alsoLocked) {
        public Step {
            statements = List.copyOf(statements);
            alsoLocked = List.copyOf(alsoLocked);
        }

        Step(String what, List<String> statements, String lock, String held) {
            this(what, statements, lock, held, List.of());
        }
    }

    /** A lock on another table, as the server calls it. */
    public record Lock(String table, String lock) {}

    /**
     * Where a column of the new table comes from.
     *
     * @param from null: from nowhere, its default fills it
     * @param type in the new table; empty: as the default's
     */
    public record Column(String name, @Nullable String from, String type, String how) {}

    /**
     * An estimate.
     *
     * @param measuredBy how it was found
     */
    public record Range(long from, long to, String measuredBy) {}

    /**
     * Whether it can be taken back.
     *
     * @param before the moment when the application sees the change
     * @param after that
     */
    public record Rollback(String before, String after) {}
}
