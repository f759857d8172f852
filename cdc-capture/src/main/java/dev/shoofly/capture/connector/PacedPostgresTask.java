package dev.shoofly.capture.connector;

import io.debezium.config.Configuration;
import io.debezium.connector.postgresql.PostgresConnectorTask;
import io.debezium.connector.postgresql.PostgresOffsetContext;
import io.debezium.connector.postgresql.PostgresPartition;
import io.debezium.pipeline.ChangeEventSourceCoordinator;
import java.util.List;
import java.util.Objects;
import org.apache.kafka.connect.source.SourceRecord;
import org.jspecify.annotations.Nullable;

/** Debezium's task at the {@link BatchPace} of its capture. */
public final class PacedPostgresTask extends PostgresConnectorTask {
    private volatile @Nullable BatchPace pace;

    @Override
    public ChangeEventSourceCoordinator<PostgresPartition, PostgresOffsetContext> start(Configuration configuration) {
        pace = BatchPace.of(configuration);
        return super.start(configuration);
    }

    @Override
    public List<SourceRecord> doPoll() throws InterruptedException {
        return Objects.requireNonNull(pace).poll(super::doPoll);
    }
}
