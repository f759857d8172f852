package dev.shoofly.model;

/**
 * Everything that the pipeline needs to know of a migration once its shadow exists. Persisted as JSON with the migration;
 * never changed afterwards, but replaced by another when the migration goes forward again after a rollback.
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

    /**
     * How often the tables were swapped forward when this plan has done so: 1, and one more for each time that the migration
     * goes forward again after a rollback. A plan of the way back has the number of the swap that it takes back.
     */
    public int round() {
        return ShadowNames.round(old, id);
    }

    /** The same with another projection. */
    public MigrationPlan withProjection(Projection other) {
        return new MigrationPlan(id, source, shadow, old, key, other, partitions, dialectState);
    }
}
