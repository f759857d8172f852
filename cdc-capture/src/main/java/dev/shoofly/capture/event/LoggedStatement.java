package dev.shoofly.capture.event;

import java.util.Map;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.source.SourceRecord;

/**
 * What MySQL's log says in words instead of rows, as a record that keeps its place among those of Debezium, which passes
 * over it. It has no position: nothing may resume behind it.
 *
 * @param text the statement; for the kinds that end or decide an XA transaction, its name as {@code XA RECOVER} would need
 *     it: {@code X'6162',X'',1}; empty for {@link Kind#XA_ENDS}
 * @param database the session's default database; empty when it had none
 * @param transaction the GTID; empty without
 */
public record LoggedStatement(Kind kind, String text, String database, String transaction, long commitMicros) {
    private static final String NAME = "dev.shoofly.LoggedStatement";
    private static final Schema SCHEMA = SchemaBuilder.struct()
            .name(NAME)
            .field("kind", Schema.STRING_SCHEMA)
            .field("text", Schema.STRING_SCHEMA)
            .field("database", Schema.STRING_SCHEMA)
            .field("transaction", Schema.STRING_SCHEMA)
            .field("micros", Schema.INT64_SCHEMA)
            .build();

    /** What it says. */
    public enum Kind {
        /** The rows that follow belong to this XA transaction. */
        XA_BEGINS,
        /** They do no longer; the transaction is prepared. */
        XA_ENDS,
        /** They do no longer; the transaction was committed at once. */
        XA_ENDS_COMMITTED,
        /** A prepared one was committed or rolled back. */
        XA_DECIDED,
        /** A definition, or a change that was logged as a statement. */
        OTHER
    }

    /** A record for Debezium's queue. */
    public SourceRecord toRecord() {
        Struct value = new Struct(SCHEMA)
                .put("kind", kind.name())
                .put("text", text)
                .put("database", database)
                .put("transaction", transaction)
                .put("micros", commitMicros);
        return new SourceRecord(Map.of(), Map.of(), NAME, SCHEMA, value);
    }

    /** Whether this record was made by {@link #toRecord}. */
    public static boolean isIn(SourceRecord record) {
        return NAME.equals(record.topic());
    }

    static boolean isSchema(String name) {
        return NAME.equals(name);
    }

    static LoggedStatement of(Struct value) {
        return new LoggedStatement(
                Kind.valueOf(value.getString("kind")),
                value.getString("text"),
                value.getString("database"),
                value.getString("transaction"),
                value.getInt64("micros"));
    }
}
