package dev.shoofly.capture.connector;

import com.github.shyiko.mysql.binlog.BinaryLogClient;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.ShooflyException;
import io.debezium.config.Configuration;
import io.debezium.connector.base.ChangeEventQueue;
import io.debezium.connector.mysql.MySqlConnectorTask;
import io.debezium.connector.mysql.MySqlOffsetContext;
import io.debezium.connector.mysql.MySqlPartition;
import io.debezium.pipeline.ChangeEventSourceCoordinator;
import io.debezium.pipeline.DataChangeEvent;
import java.lang.reflect.Field;
import java.util.List;
import java.util.Objects;
import org.apache.kafka.connect.source.SourceRecord;
import org.jspecify.annotations.Nullable;

/**
 * Debezium's task at the {@link BatchPace} of its capture, with a {@link StatementTap} on its reader. Debezium passes over XA statements in silence, and over changes
 * that were logged as statements with a warning in its own log, and offers no place to hear of either: its reader and its
 * queue are taken from their private fields, and another version of Debezium that has none of these names ends the capture.
 */
public final class WatchedMySqlTask extends MySqlConnectorTask {
    /** The name of the source, by which statements are chosen. */
    static final String TABLE = "shoofly.table";

    private volatile @Nullable BatchPace pace;

    @Override
    public ChangeEventSourceCoordinator<MySqlPartition, MySqlOffsetContext> start(Configuration configuration) {
        pace = BatchPace.of(configuration);
        ChangeEventSourceCoordinator<MySqlPartition, MySqlOffsetContext> coordinator = super.start(configuration);
        try {
            listen(configuration, coordinator);
            return coordinator;
        } catch (RuntimeException e) {
            stop(coordinator);
            throw e;
        }
    }

    @Override
    public List<SourceRecord> doPoll() throws InterruptedException {
        return Objects.requireNonNull(pace).poll(super::doPoll);
    }

    private void listen(Configuration configuration, Object coordinator) {
        Object sources = field(ChangeEventSourceCoordinator.class, "changeEventSourceFactory", coordinator);
        BinaryLogClient client = (BinaryLogClient) field(sources.getClass(), "binaryLogClient", sources);
        @SuppressWarnings("unchecked") // its declared type
        ChangeEventQueue<DataChangeEvent> queue =
                (ChangeEventQueue<DataChangeEvent>) field(MySqlConnectorTask.class, "queue", this);
        client.registerEventListener(new StatementTap(
                configuration.getString(TABLE),
                record -> queue.enqueue(new DataChangeEvent(record)),
                error -> getErrorHandler().ifPresent(handler -> handler.setProducerThrowable(error))));
        // Debezium's own thread connects, a few questions to the server later. Were it faster, statements might have
        // passed by unheard; so this is looked at after the listener is in its place, not before.
        if (client.isConnected()) {
            throw new ShooflyException(
                    ErrorKind.TRANSIENT,
                    "the reader of the binary log was connected before its statements could be followed. Nothing was"
                            + " read; it is started again.");
        }
    }

    private static Object field(Class<?> declaring, String name, Object owner) {
        try {
            Field field = declaring.getDeclaredField(name);
            field.setAccessible(true);
            Object value = field.get(owner);
            if (value != null) {
                return value;
            }
            throw unknown(name, new NullPointerException(name));
        } catch (ReflectiveOperationException | RuntimeException e) {
            throw unknown(name, e);
        }
    }

    private static ShooflyException unknown(String name, Exception cause) {
        return new ShooflyException(
                ErrorKind.REFUSED,
                "this version of Debezium has no usable field " + name + ", by which XA transactions and changes logged"
                        + " as statements are followed. Nothing was read and the table is untouched. Use the version"
                        + " that comes with Shoofly.",
                cause);
    }

    private static void stop(ChangeEventSourceCoordinator<MySqlPartition, MySqlOffsetContext> coordinator) {
        try {
            coordinator.stop();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
