package dev.shoofly.model;

/** What travels in a migration's changes topic. */
public sealed interface ChangeRecord {

    /**
     * The row of this key changed, or may have.
     *
     * @param transaction the writing transaction as the server names it (MySQL: GTID; PostgreSQL: 32-bit transaction id
     *     in decimal); empty when none is to be awaited (sweep, repair)
     * @param commitMicros commit time at the source, microseconds since 1970; 0 when unknown
     * @param afterMarker number of the last marker that stands before the change in the source's log; {@link
     *     #UNKNOWN}: it is not known, or the key is none of the log's
     */
    record DirtyKey(RowKey key, String transaction, long commitMicros, long afterMarker) implements ChangeRecord {
        public static final long UNKNOWN = -1;

        /** That may have its place anywhere in the log, or none. */
        public DirtyKey(RowKey key, String transaction, long commitMicros) {
            this(key, transaction, commitMicros, UNKNOWN);
        }

        public DirtyKey placedAfter(long marker) {
            return new DirtyKey(key, transaction, commitMicros, marker);
        }

        /** Whether the change is known to stand before this marker in the source's log. */
        public boolean isBefore(long marker) {
            return afterMarker != UNKNOWN && afterMarker < marker;
        }
    }

    /**
     * A marker committed at the source; sent to every partition. Everything committed before it stands before it in
     * every partition.
     *
     * @param number rises by commit order within a migration
     * @param transaction as in {@link DirtyKey}
     */
    record Marker(long number, String transaction, long commitMicros) implements ChangeRecord {}
}
