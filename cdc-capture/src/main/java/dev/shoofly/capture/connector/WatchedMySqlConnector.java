package dev.shoofly.capture.connector;

import io.debezium.connector.mysql.MySqlConnector;
import org.apache.kafka.connect.connector.Task;

/** Debezium's connector with {@link WatchedMySqlTask}. Named in the connector's properties. */
public final class WatchedMySqlConnector extends MySqlConnector {
    @Override
    public Class<? extends Task> taskClass() {
        return WatchedMySqlTask.class;
    }
}
