package dev.shoofly.database.throttle;

import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.database.connection.SqlWork;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** One connection for looking, opened when it is first needed and anew after it was lost. One thread at a time. */
public final class LoadConnection implements AutoCloseable {
    private final Opener opener;
    private @Nullable Connection connection;

    public LoadConnection(Opener opener) {
        this.opener = opener;
    }

    /** Longest wait for an answer: the server is in trouble long before that. */
    public static final Duration PATIENCE = Duration.ofSeconds(3);

    /** Opens a connection whose driver waits {@link #PATIENCE} at most. */
    @FunctionalInterface
    public interface Opener {
        Connection open() throws SQLException;
    }

    public synchronized <T> T with(SqlWork<T> work) throws SQLException {
        Connection open = connection;
        if (open == null || open.isClosed()) {
            open = opener.open();
            connection = open;
        }
        try {
            return work.run(open);
        } catch (SQLException e) {
            if (SqlErrors.isConnectionLoss(e)) {
                close();
            }
            throw e;
        }
    }

    @Override
    public synchronized void close() {
        Connection open = connection;
        connection = null;
        if (open != null) {
            try {
                open.close();
            } catch (SQLException e) {
                // It is gone either way.
            }
        }
    }
}
