package dev.shoofly.capture.connector;

import io.debezium.config.Configuration;
import io.debezium.connector.binlog.BinlogOffsetContext;
import io.debezium.document.Document;
import io.debezium.relational.history.HistoryRecord;
import io.debezium.relational.history.HistoryRecordComparator;
import io.debezium.relational.history.SchemaHistoryListener;
import io.debezium.storage.kafka.history.KafkaSchemaHistory;

/**
 * Debezium's history of definitions, which forgets, at a restart, what the log will tell it again. With GTIDs a statement is
 * written down, and a position behind it saved, under the set of transactions <em>before</em> it; Debezium alone would both
 * apply it and read it again. A rename that is applied twice gives the old table the new table's columns, and takes the
 * source's name out of the history: rows would be read by the wrong definition, or not at all.
 *
 * <p>Named in the connector's properties; called by Debezium's threads.
 */
public final class DefinitionHistory extends KafkaSchemaHistory {
    @Override
    public void configure(
            Configuration config,
            HistoryRecordComparator comparator,
            SchemaHistoryListener listener,
            boolean useCatalogBeforeSchema) {
        super.configure(config, new ReadAgain(comparator), listener, useCatalogBeforeSchema);
    }

    static final class ReadAgain extends HistoryRecordComparator {
        private final HistoryRecordComparator positions;

        ReadAgain(HistoryRecordComparator positions) {
            this.positions = positions;
        }

        @Override
        public boolean isAtOrBefore(HistoryRecord recorded, HistoryRecord desired) {
            return positions.isAtOrBefore(recorded, desired) && !isReadAgain(recorded, desired);
        }

        /** What the first reading of all definitions found is in no log; without GTIDs a position is behind its statement. */
        private static boolean isReadAgain(HistoryRecord recorded, HistoryRecord desired) {
            Document statement = position(recorded);
            String before = statement.getString(BinlogOffsetContext.GTID_SET_KEY);
            return before != null
                    && !statement.has("snapshot")
                    && before.equals(position(desired).getString(BinlogOffsetContext.GTID_SET_KEY));
        }

        private static Document position(HistoryRecord record) {
            return record.document().getDocument(HistoryRecord.Fields.POSITION);
        }
    }
}
