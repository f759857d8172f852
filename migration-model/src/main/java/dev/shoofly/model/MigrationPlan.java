package dev.shoofly.model;

/**
 * Everything that the pipeline needs to know of a migration once its shadow exists. Persisted as JSON with the migration;
 * never changed afterwards.
 *
 * @param dialectState what the dialect wants to remember for the swap (names of indexes, sequences and so on): a text
 *     that only the dialect reads
 */
public record MigrationPlan(
        MigrationId id,
        TableName source,
        TableName shadow,
        TableName old,
        KeyDefinition key,
        Projection projection,
        int partitions,
        String dialectState) {

    /** The same with another projection. */
    public MigrationPlan withProjection(Projection other) {
        return new MigrationPlan(id, source, shadow, old, key, other, partitions, dialectState);
    }
}
