package dev.shoofly.capture.connector;

import io.debezium.config.Configuration;
import io.debezium.relational.history.HistoryRecordComparator;
import io.debezium.relational.history.SchemaHistoryListener;
import io.debezium.storage.kafka.history.KafkaSchemaHistory;

/**
 * Debezium's history of definitions, which holds at a restart what the log will not tell again, and nothing else: see {@link
 * DefinitionOrder}. A rename that is both recovered and read again gives the old table the new table's columns, and takes the
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
        super.configure(config, new DefinitionOrder(comparator), listener, useCatalogBeforeSchema);
    }
}
