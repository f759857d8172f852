package dev.shoofly.database.postgres;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What hangs on the source and goes over to the new table in the swap: foreign keys in both directions, views, triggers,
 * rules, policies, publications. Worded when the shadow was built; the source's fingerprint tells whether it still holds.
 *
 * @param views quoted; those that read the table themselves
 * @param tables quoted; the other ends of foreign keys, in the order in which they are locked
 * @param before run while the source still has its name
 * @param after run when the new table has it
 * @param validations constraints that are in force from the swap on, but whose rows are read after it
 * @param materialized views that go over when there is no way back any more
 * @param partitioned foreign keys of partitioned tables, which the swap adds to each of their partitions, and which
 *     the tables themselves get when the rows were read
 * @param ends {@code tables} when the shadow was made; empty in what an earlier version saved
 */
record Attached(
        List<String> views,
        List<String> tables,
        List<String> before,
        List<String> after,
        List<Validation> validations,
        List<Materialized> materialized,
        List<PartitionedKey> partitioned,
        List<End> ends) {
    static final Attached NOTHING =
            new Attached(List.of(), List.of(), List.of(), List.of(), List.of(), List.of(), List.of(), List.of());

    Attached {
        views = List.copyOf(views);
        tables = List.copyOf(tables);
        before = List.copyOf(before);
        after = List.copyOf(after);
        validations = List.copyOf(validations);
        // Missing in what an earlier version saved.
        materialized = materialized == null ? List.of() : List.copyOf(materialized);
        partitioned = partitioned == null ? List.of() : List.copyOf(partitioned);
        ends = ends == null ? List.of() : List.copyOf(ends);
    }

    /**
     * A table at the other end of a foreign key.
     *
     * @param table quoted
     */
    record End(String table, long oid) {}

    /** @param query over the altered table; names it without its schema */
    record Materialized(String schema, String name, String query) {}

    /** @param table quoted */
    record Validation(String table, String constraint) {}

    /**
     * A foreign key of a partitioned table.
     *
     * @param table quoted, as is the target
     * @param path in which the definition finds its target
     * @param definition what follows {@code ADD CONSTRAINT name}
     * @param parts the names that it has on the partitions
     * @param tableOid when the shadow was made; null where that is the migrated table, and in what an earlier version saved
     * @param targetOid likewise
     */
    record PartitionedKey(
            String table,
            String target,
            String path,
            String name,
            String definition,
            @Nullable String comment,
            List<Part> parts,
            @Nullable Long tableOid,
            @Nullable Long targetOid) {
        PartitionedKey {
            parts = List.copyOf(parts);
        }
    }

    /**
     * @param table quoted
     * @param name of the constraint
     * @param leaf whether it holds rows, and no partitions
     */
    record Part(String table, String name, boolean leaf) {}

    /** Collects the statements. */
    static final class Builder {
        private final List<String> before = new ArrayList<>();
        private final List<String> after = new ArrayList<>();
        private final List<Validation> validations = new ArrayList<>();
        private final List<Materialized> materialized = new ArrayList<>();
        private final List<PartitionedKey> partitioned = new ArrayList<>();

        void before(String statement) {
            before.add(statement);
        }

        void after(String statement) {
            after.add(statement);
        }

        void validate(Validation validation) {
            validations.add(validation);
        }

        void materialize(Materialized view) {
            materialized.add(view);
        }

        void partitioned(PartitionedKey key) {
            partitioned.add(key);
        }

        boolean hasAfter() {
            return !after.isEmpty();
        }

        Attached build(List<String> views, List<End> ends) {
            List<String> tables = ends.stream().map(End::table).toList();
            return new Attached(views, tables, before, after, validations, materialized, partitioned, ends);
        }
    }

    /** With others in the place of one of {@link #before}. */
    Attached before(String statement, List<String> instead) {
        List<String> all = before.stream()
                .flatMap(each -> each.equals(statement) ? instead.stream() : Stream.of(each))
                .toList();
        return new Attached(views, tables, all, after, validations, materialized, partitioned, ends);
    }

    /** Whether the swap has to lock anything besides the source. */
    boolean hasOtherEnds() {
        return !views.isEmpty() || !tables.isEmpty();
    }
}
