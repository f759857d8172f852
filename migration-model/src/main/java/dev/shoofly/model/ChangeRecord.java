package dev.shoofly.model;

/** What travels in a migration's changes topic. */
public sealed interface ChangeRecord {

    /**
     * The row of this key changed, or may have.
     *
     * @param transaction the writing transaction as the server names it (MySQL: GTID; PostgreSQL: 32-bit transaction id
     *     in decimal); empty when none is to be awaited (sweep, repair)
     * @param commitMicros commit time at the source, microseconds since 1970; 0 when unknown
     */
    record DirtyKey(RowKey key, String transaction, long commitMicros) implements ChangeRecord {}

    /**
     * A marker committed at the source; sent to every partition. Everything committed before it stands before it in
     * every partition.
     *
     * @param number rises by commit order within a migration
     * @param transaction as in {@link DirtyKey}
     */
    record Marker(long number, String transaction, long commitMicros) implements ChangeRecord {}
}
