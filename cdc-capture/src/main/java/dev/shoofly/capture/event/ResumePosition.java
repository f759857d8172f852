package dev.shoofly.capture.event;

import java.util.Map;
import java.util.Objects;
import org.apache.kafka.connect.source.SourceRecord;
import org.jspecify.annotations.Nullable;

/**
 * Chooses the record behind which a restart may continue: only ends of transactions. Debezium would resume inside one by
 * counting (MySQL) or by comparing positions, and on PostgreSQL many rows of one COPY share a position, so that the rows
 * after the saved one would be skipped. Sees every record of the stream once, in order.
 *
 * @param <T> what carries the record
 */
public final class ResumePosition<T> {
    private @Nullable T last;
    private @Nullable SourceRecord lastRecord;
    private @Nullable T safe;

    /** The next record of the stream. */
    public void pass(T carrier, SourceRecord record) {
        if (lastRecord != null && isUsable(lastRecord) && startsAnother(lastRecord, record)) {
            safe = last;
        }
        if (isUsable(record) && isBetweenTransactions(record) && !isDefinition(record)) {
            safe = carrier;
        }
        last = carrier;
        lastRecord = record;
    }

    /** The last record passed so far that a restart may follow, if there is a new one. Taken once. */
    public @Nullable T take() {
        T taken = safe;
        safe = null;
        return taken;
    }

    private static boolean startsAnother(SourceRecord record, SourceRecord next) {
        return !Objects.equals(transaction(record.sourceOffset()), transaction(next.sourceOffset()));
    }

    /** MySQL: where the transaction begins; PostgreSQL: its id. */
    private static Map<String, Object> transaction(Map<String, ?> offset) {
        return Map.of(
                "file", String.valueOf(offset.get("file")),
                "pos", String.valueOf(offset.get("pos")),
                "gtids", String.valueOf(offset.get("gtids")),
                "txId", String.valueOf(offset.get("txId")));
    }

    /**
     * Not before streaming began: what a snapshot in progress notes would make a restart begin at the log's end of that
     * moment, as would PostgreSQL's first heartbeats, which carry the server's position instead of the slot's.
     */
    private static boolean isUsable(SourceRecord record) {
        Map<String, ?> offset = record.sourceOffset();
        boolean postgres = offset.containsKey("lsn");
        return !offset.containsKey("snapshot") && (!postgres || offset.containsKey("lsn_proc"));
    }

    /** One statement makes several, each before it is remembered: with the position behind the first the second would be lost. */
    private static boolean isDefinition(SourceRecord record) {
        return record.valueSchema() != null && ChangeReader.isDefinition(record.valueSchema());
    }

    private static boolean isBetweenTransactions(SourceRecord record) {
        Map<String, ?> offset = record.sourceOffset();
        if (offset.containsKey("lsn")) {
            return "COMMIT".equals(offset.get("messageType"));
        }
        return !offset.containsKey("event") && !offset.containsKey("row");
    }
}
