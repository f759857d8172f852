package dev.shoofly.capture.connector;

import io.debezium.connector.postgresql.PostgresConnector;
import org.apache.kafka.connect.connector.Task;

/** Debezium's connector with {@link PacedPostgresTask}. Named in the connector's properties. */
public final class PacedPostgresConnector extends PostgresConnector {
    @Override
    public Class<? extends Task> taskClass() {
        return PacedPostgresTask.class;
    }
}
