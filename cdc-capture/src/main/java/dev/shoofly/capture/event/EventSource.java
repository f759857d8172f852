package dev.shoofly.capture.event;

import dev.shoofly.database.DatabaseKind;
import dev.shoofly.model.TableName;
import org.apache.kafka.connect.data.Struct;
import org.jspecify.annotations.Nullable;

/** Where in the log a change stood: Debezium's {@code source} block. */
record EventSource(Struct block, DatabaseKind kind) {
    private static final TableName MARKERS = new TableName("shoofly", "markers");

    boolean isTable(TableName name) {
        String schema = block.getString(
                switch (kind) {
                    case MYSQL -> "db";
                    case POSTGRES -> "schema";
                });
        return name.table().equals(block.getString("table")) && name.schema().equals(schema);
    }

    boolean isMarkers() {
        return isTable(MARKERS);
    }

    /** As {@code ChangeRecord.DirtyKey.transaction}. */
    String transaction() {
        @Nullable
        Object transaction = switch (kind) {
            case MYSQL -> block.getString("gtid");
            case POSTGRES -> block.getInt64("txId");
        };
        return transaction == null ? "" : transaction.toString();
    }

    long commitMicros() {
        Long micros = block.getInt64("ts_us");
        return micros == null ? 0 : micros;
    }
}
