package dev.shoofly.cli.demo;

import dev.shoofly.database.connection.ConnectionProfile;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One application thread with one connection, on an open-loop schedule: an operation that is late does not put off those
 * after it. A failed operation is a client error; the next one gets a new connection.
 */
abstract class Client implements Runnable {
    private final ConnectionProfile profile;
    private final long intervalNanos;
    private final long offsetNanos;
    private final BooleanSupplier stopped;
    private final OperationLog log = new OperationLog();
    private @Nullable Connection connection;

    /** @param operationsPerSecond of this client */
    Client(ConnectionProfile profile, double operationsPerSecond, double offset, BooleanSupplier stopped) {
        this.profile = profile;
        this.intervalNanos = Math.round(1e9 / operationsPerSecond);
        this.offsetNanos = Math.round(intervalNanos * offset);
        this.stopped = stopped;
    }

    /** One operation on the open connection; reports errors itself. */
    abstract void operate(Connection open) throws SQLException;

    /** The operation failed, so its outcome may be unknown. */
    abstract void failed(SQLException error);

    OperationLog log() {
        return log;
    }

    @Override
    public void run() {
        long due = System.nanoTime() + offsetNanos;
        while (!stopped.getAsBoolean()) {
            long wait = due - System.nanoTime();
            if (wait > 0) {
                LockSupport.parkNanos(wait);
                continue;
            }
            due += intervalNanos;
            long begin = System.nanoTime();
            try {
                operate(connection());
            } catch (SQLException e) {
                failed(e);
                disconnect();
            }
            log.add(begin, System.nanoTime());
        }
        disconnect();
    }

    private Connection connection() throws SQLException {
        Connection open = connection;
        if (open == null) {
            open = DriverManager.getConnection(
                    profile.url(), profile.user(), profile.password().reveal());
            connection = open;
        }
        return open;
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
