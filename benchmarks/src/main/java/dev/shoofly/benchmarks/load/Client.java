package dev.shoofly.benchmarks.load;

import dev.shoofly.benchmarks.reference.ConnectionSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One thread of the application with one connection, on an open-loop schedule: an operation that is late does not put off
 * those after it. After a failure the next operation gets a new connection.
 */
abstract class Client implements Runnable {
    private final ConnectionSource source;
    private final OperationLog log;
    private final BooleanSupplier stopped;
    private @Nullable Connection connection;

    Client(ConnectionSource source, OperationLog log, BooleanSupplier stopped) {
        this.source = source;
        this.log = log;
        this.stopped = stopped;
    }

    /** A connection was opened: makes its statements. */
    abstract void prepare(Connection opened) throws SQLException;

    /** One operation with the statements made last. */
    abstract void operate() throws SQLException;

    /** The operation failed, so its outcome may be unknown. */
    abstract void failed(SQLException error);

    @Override
    public final void run() {
        while (!stopped.getAsBoolean()) {
            long wait = log.dueNanos(log.size()) - System.nanoTime();
            if (wait > 0) {
                LockSupport.parkNanos(wait);
                continue;
            }
            long began = System.nanoTime();
            try {
                connect();
                operate();
            } catch (SQLException e) {
                failed(e);
                disconnect();
            }
            log.add(began, System.nanoTime());
        }
        disconnect();
    }

    private void connect() throws SQLException {
        if (connection == null) {
            Connection opened = source.connect();
            connection = opened;
            prepare(opened);
        }
    }

    private void disconnect() {
        Connection open = connection;
        connection = null;
        if (open != null) {
            try {
                open.close();
            } catch (SQLException e) {
                // It was of no use any more.
                assert e != null;
            }
        }
    }
}
