package dev.shoofly.database.connection;

import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.ShooflyException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One statement that may take hours, and can be given up on the way. */
public final class LongStatement {
    private static final Logger LOG = LoggerFactory.getLogger(LongStatement.class);
    private static final Duration LOOK_EVERY = Duration.ofMillis(200);

    private LongStatement() {}

    /**
     * Runs it on a thread of its own and waits for its end, also for that of one that is given up.
     *
     * @param mayGoOn asked several times a second
     * @return false when it was given up because {@code mayGoOn} said so, and did not end well in spite of it
     * @throws ShooflyException SUPERSEDED when the calling thread was interrupted; its flag is set again
     */
    public static boolean run(Connection connection, String sql, BooleanSupplier mayGoOn) throws SQLException {
        return run(connection, sql, rows -> {}, mayGoOn);
    }

    /** What is done with the rows of a query, on the thread that runs it. */
    @FunctionalInterface
    public interface Reader {
        void read(ResultSet rows) throws SQLException;
    }

    /**
     * As above, a query.
     *
     * @param reader not called for a statement that yields no rows
     */
    public static boolean run(Connection connection, String sql, Reader reader, BooleanSupplier mayGoOn)
            throws SQLException {
        try (Statement statement = connection.createStatement()) {
            CompletableFuture<Boolean> end = new CompletableFuture<>();
            Thread runner = new Thread(() -> execute(statement, sql, reader, end), "shoofly-long-statement");
            runner.start();
            boolean interrupted = false;
            boolean givenUp = false;
            while (true) {
                try {
                    return end.get(LOOK_EVERY.toMillis(), TimeUnit.MILLISECONDS);
                } catch (TimeoutException e) {
                    if (interrupted || !mayGoOn.getAsBoolean()) {
                        givenUp = true;
                        // Again at each look: a cancel that comes before the statement has begun is lost.
                        cancel(statement);
                    }
                } catch (InterruptedException e) {
                    interrupted = true;
                    givenUp = true;
                    cancel(statement);
                } catch (ExecutionException e) {
                    return ended(e.getCause() == null ? e : e.getCause(), givenUp, interrupted);
                } finally {
                    if (interrupted && end.isDone()) {
                        Thread.currentThread().interrupt();
                    }
                }
            }
        }
    }

    private static void execute(Statement statement, String sql, Reader reader, CompletableFuture<Boolean> end) {
        try {
            if (statement.execute(sql)) {
                try (ResultSet rows = statement.getResultSet()) {
                    reader.read(rows);
                }
            }
            end.complete(true);
        } catch (SQLException | RuntimeException | Error e) {
            // Errors, too: nobody would ever be told the end.
            end.completeExceptionally(e);
        }
    }

    private static boolean ended(Throwable error, boolean givenUp, boolean interrupted) throws SQLException {
        if (interrupted) {
            throw new ShooflyException(ErrorKind.SUPERSEDED, "interrupted; the statement was given up", error);
        }
        if (givenUp) {
            LOG.info("given up as asked: {}", error.getMessage());
            return false;
        }
        if (error instanceof SQLException server) {
            throw server;
        }
        throw error instanceof RuntimeException known ? known : new IllegalStateException(error);
    }

    private static void cancel(Statement statement) {
        try {
            statement.cancel();
        } catch (SQLException e) {
            LOG.debug("not cancelled this time: {}", e.getMessage());
        }
    }
}
