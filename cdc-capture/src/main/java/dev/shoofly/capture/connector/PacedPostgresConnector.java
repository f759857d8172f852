package dev.shoofly.capture.connector;

import io.debezium.connector.postgresql.PostgresConnector;
import org.apache.kafka.connect.connector.Task;

/**
 * Debezium's connector with {@link PacedPostgresTask}. Named in the connector's properties. Debezium looks for what belongs to a
 * connector by its very class and takes what has no such mark for ours: of the snapshot, that is, which {@code no_data} leaves out.
 */
public final class PacedPostgresConnector extends PostgresConnector {
    @Override
    public Class<? extends Task> taskClass() {
        return PacedPostgresTask.class;
    }
}
