package dev.shoofly.capture.event;

import dev.shoofly.database.DatabaseKind;
import dev.shoofly.model.ChangeRecord;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import java.util.function.Consumer;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.source.SourceRecord;
import org.jspecify.annotations.Nullable;

/** Turns each record of Debezium into the changes that it means. A kind that is not known stops the capture. */
public final class ChangeReader {
    private final MigrationPlan plan;
    private final DatabaseKind kind;
    private final KeyReader keys;
    private final SchemaChangeGuard schemaChanges;
    private final PreparedTransactions prepared;
    private final KeyPlacement placement = new KeyPlacement(KeyPlacement.MOST_KEYS);

    /** @throws ShooflyException REFUSED when the plan's key cannot be read from the log */
    public ChangeReader(MigrationPlan plan, DatabaseKind kind) {
        this.plan = plan;
        this.kind = kind;
        this.keys = new KeyReader(plan, kind);
        this.schemaChanges = new SchemaChangeGuard(plan);
        this.prepared = new PreparedTransactions(plan);
    }

    /** Whether changes were read whose keys were not handed out yet: a restart must read them again. */
    public boolean isHolding() {
        return prepared.isHolding() || placement.isHolding();
    }

    /**
     * @param into receives the changes in the log's order, keys from the first marker on; nothing for records that are no
     *     change of the table
     * @throws ShooflyException when the record means that the migration cannot go on
     */
    public void read(SourceRecord record, Consumer<ChangeRecord> into) {
        if (!(record.value() instanceof Struct value)) {
            throw unknown("a record without a value on " + record.topic());
        }
        Consumer<ChangeRecord> placing = change -> placement.place(change, into);
        switch (RecordKind.of(value.schema())) {
            case HEARTBEAT -> {}
            case SCHEMA_CHANGE -> schemaChanges.check(value);
            case STATEMENT -> readStatement(LoggedStatement.of(value), placing);
            case DATA -> readData(value, placing);
            case UNKNOWN -> throw unknown("a record of kind " + value.schema().name() + " on " + record.topic());
        }
    }

    /** @param value the schema of a record's value */
    static boolean isDefinition(Schema value) {
        return String.valueOf(value.name()).endsWith(".SchemaChangeValue");
    }

    private void readStatement(LoggedStatement statement, Consumer<ChangeRecord> into) {
        if (statement.kind() == LoggedStatement.Kind.OTHER) {
            schemaChanges.check(statement);
        } else {
            prepared.read(statement, into);
        }
    }

    private void readData(Struct value, Consumer<ChangeRecord> into) {
        String operation = value.getString("op");
        if (operation.equals("m")) {
            // pg_logical_emit_message of somebody else: no table's row.
            return;
        }
        EventSource source = new EventSource(value.getStruct("source"), kind);
        if (source.isTable(plan.source())) {
            readChange(operation, value, source, into);
        } else if (source.isMarkers()) {
            readMarker(operation, value, source, into);
        }
        // Anything else is the shadow's or the old table's own, or a table whose name differs in case only.
    }

    private void readChange(String operation, Struct value, EventSource source, Consumer<ChangeRecord> into) {
        Struct before = value.getStruct("before");
        Struct after = value.getStruct("after");
        switch (operation) {
            case "c", "u", "d" -> {
                RowKey old = before == null ? null : keys.read(before);
                RowKey now = after == null ? null : keys.read(after);
                if (old == null && now == null) {
                    throw unknown("a change (op " + operation + ") without a row image");
                }
                if (old != null) {
                    hand(old, source, into);
                }
                if (now != null && !now.equals(old)) {
                    hand(now, source, into);
                }
            }
            case "t" -> throw schemaChanges.truncated();
            default -> throw unknown("a change of kind '" + operation + "'");
        }
    }

    private void readMarker(String operation, Struct value, EventSource source, Consumer<ChangeRecord> into) {
        @Nullable Struct after = value.getStruct("after");
        if (after == null || !plan.id().value().equals(after.getWithoutDefault("migration_id"))) {
            return;
        }
        switch (operation) {
            case "c", "u" -> {
                long number = Long.parseLong(String.valueOf(after.getWithoutDefault("marker")));
                into.accept(new ChangeRecord.Marker(number, source.transaction(), source.commitMicros()));
            }
            default -> throw unknown("a marker's change of kind '" + operation + "'");
        }
    }

    private void hand(RowKey key, EventSource source, Consumer<ChangeRecord> into) {
        if (!prepared.hold(key)) {
            into.accept(new ChangeRecord.DirtyKey(key, source.transaction(), source.commitMicros()));
        }
    }

    private ShooflyException unknown(String what) {
        return new ShooflyException(
                ErrorKind.REFUSED,
                "the capture of " + plan.source() + " stopped: the log delivered " + what
                        + ", which this version cannot read. Nothing was skipped and the table is untouched. Cancel the"
                        + " migration, and report this.");
    }

    /** What a record is, by the schema of its value. */
    private enum RecordKind {
        HEARTBEAT,
        SCHEMA_CHANGE,
        STATEMENT,
        DATA,
        UNKNOWN;

        static RecordKind of(Schema schema) {
            if (schema.field("op") != null && schema.field("source") != null) {
                return DATA;
            }
            String name = String.valueOf(schema.name());
            if (name.endsWith(".Heartbeat")) {
                return HEARTBEAT;
            }
            if (LoggedStatement.isSchema(name)) {
                return STATEMENT;
            }
            return isDefinition(schema) ? SCHEMA_CHANGE : UNKNOWN;
        }
    }
}
