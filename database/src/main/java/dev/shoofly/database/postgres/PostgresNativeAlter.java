package dev.shoofly.database.postgres;

import static dev.shoofly.database.connection.ConnectionPool.execute;
import static dev.shoofly.database.postgres.PostgresNames.quote;

import dev.shoofly.database.NativeAlter;
import dev.shoofly.database.StatementTag;
import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.database.connection.LongStatement;
import dev.shoofly.database.connection.Retry;
import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.database.connection.Transactions;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.NativeStep;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** ALTER in a transaction that holds its lock for a moment; validations and index builds beside the application. */
final class PostgresNativeAlter implements NativeAlter {
    private static final Logger LOG = LoggerFactory.getLogger(PostgresNativeAlter.class);
    /** So long statements of the application may queue behind a request of ours. */
    private static final int LEAST_PENDING_MILLIS = 10;

    private static final int MOST_PENDING_MILLIS = 40;
    private static final int PAUSE_MILLIS = 100;
    private static final int UNDO_SECONDS = 30;
    private static final int ORPHAN_SECONDS = 60;
    private static final int MOST_HELD_MILLIS = 2_000;
    private static final Retry LOCK_CONFLICTS =
            new Retry(Duration.ofSeconds(30), Duration.ofMillis(50), Duration.ofSeconds(1), error -> {});
    private static final String NO_SUCH_TABLE = "42P01";

    private static final String QUERY_CANCELED = "57014";
    private static final int MOST_HELD_TIMES = 3;

    private final ConnectionPool pool;
    private final FaultPoints faultPoints;
    /** By one thread: that of the run. */
    private int timesHeldTooLong;

    PostgresNativeAlter(ConnectionPool pool, FaultPoints faultPoints) {
        this.pool = pool;
        this.faultPoints = faultPoints;
    }

    @Override
    public List<String> findings(TableName source) {
        return pool.inTransaction(
                "checking " + source, connection -> new PostgresPreflight(connection, source).nativeFindings());
    }

    @Override
    public Assessment assess(MigrationId id, TableName source, List<String> alters) {
        String what = "trying the alteration of " + source + " on an empty table";
        return LOCK_CONFLICTS.call(
                what,
                () -> pool.with(
                        what,
                        connection -> Transactions.undone(
                                connection, open -> new NativeTrial(open, id, source).assess(alters))));
    }

    @Override
    public Optional<String> attempt(TableName source, NativeStep step, Duration lockTimeout, Recorder recorder) {
        try (Connection connection = PostgresSession.connect(pool.profile())) {
            return inBursts(connection, source, step.statements(), lockTimeout, recorder);
        } catch (SQLException e) {
            throw failure(source, step, e);
        }
    }

    private Optional<String> inBursts(
            Connection connection, TableName source, List<String> statements, Duration lockTimeout, Recorder recorder)
            throws SQLException {
        long giveUpAt = System.nanoTime() + lockTimeout.toNanos();
        while (true) {
            try {
                Transactions.run(connection, open -> {
                    alter(open, source, statements, recorder);
                    return true;
                });
                return Optional.empty();
            } catch (SQLException e) {
                boolean heldTooLong = QUERY_CANCELED.equals(e.getSQLState()) && ++timesHeldTooLong < MOST_HELD_TIMES;
                if (heldTooLong) {
                    return Optional.of("the alteration was not done after " + MOST_HELD_MILLIS
                            + " ms, for which it kept everybody out, and was given up");
                }
                if (!PostgresErrors.isLockConflict(e)) {
                    throw e;
                }
            }
            if (System.nanoTime() >= giveUpAt) {
                return Optional.of(TableHolders.describe(connection, source));
            }
            pause();
        }
    }

    private void alter(Connection open, TableName source, List<String> statements, Recorder recorder)
            throws SQLException {
        if (recorder.isRecorded(open)) {
            // Before the lock: under its own name the table may be gone.
            return;
        }
        int patience = ThreadLocalRandom.current().nextInt(LEAST_PENDING_MILLIS, MOST_PENDING_MILLIS + 1);
        execute(open, "SET LOCAL lock_timeout = " + patience);
        execute(open, "LOCK TABLE " + quote(source) + " IN ACCESS EXCLUSIVE MODE");
        if (recorder.isRecorded(open)) {
            // By a transaction of ours that was committing when its connection was lost; we have waited for it.
            return;
        }
        long begun = System.nanoTime();
        for (String statement : statements) {
            // Whatever the trial said: nobody is kept out for longer.
            long left = MOST_HELD_MILLIS
                    - Duration.ofNanos(System.nanoTime() - begun).toMillis();
            execute(open, "SET LOCAL statement_timeout = " + Math.max(1, left));
            execute(open, statement);
        }
        faultPoints.reach("native.altered");
        execute(open, "SET LOCAL statement_timeout = 0");
        execute(open, "SET LOCAL lock_timeout = '5s'");
        recorder.record(open);
    }

    private static void pause() {
        try {
            Thread.sleep(PAUSE_MILLIS / 2 + ThreadLocalRandom.current().nextInt(PAUSE_MILLIS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ShooflyException(
                    ErrorKind.SUPERSEDED, "interrupted while waiting for the table's lock; nothing was changed", e);
        }
    }

    @Override
    public boolean run(
            TableName source, NativeStep step, Duration lockTimeout, Recorder recorder, BooleanSupplier mayGoOn) {
        String index = step.dialectState();
        try (Connection connection = PostgresSession.connect(pool.profile())) {
            // First: a former owner must not end what its successor has begun.
            if (recorder.isRecorded(connection)) {
                return true;
            }
            forLongReads(connection);
            if (index != null && isValid(connection, source, index)) {
                return true;
            }
            execute(connection, "SET lock_timeout = 0");
            endOrphans(connection, step);
            dropIndex(connection, source, index);
            // It holds nothing that the application waits for. A build waits for every older transaction.
            boolean done = false;
            try {
                done = LongStatement.run(connection, step.statements().get(0), mayGoOn);
                faultPoints.reach("native.worked");
                return done;
            } finally {
                if (!done) {
                    // What is not finished is invalid, and would slow every write down.
                    dropIndexQuietly(source, index);
                }
            }
        } catch (SQLException e) {
            throw failure(source, step, e);
        }
    }

    /** The pipeline's own settings keep the planner from reading a table from one end to the other. */
    private static void forLongReads(Connection connection) throws SQLException {
        for (String setting : List.of(
                "enable_seqscan",
                "enable_bitmapscan",
                "enable_hashjoin",
                "enable_mergejoin",
                "max_parallel_workers_per_gather")) {
            execute(connection, "RESET " + setting);
        }
    }

    private static boolean isValid(Connection connection, TableName source, String index) throws SQLException {
        return PostgresCatalog.test(
                connection,
                "SELECT indisvalid FROM pg_catalog.pg_index WHERE indexrelid = to_regclass(?) AND indrelid = to_regclass(?)",
                quote(source.schema(), index),
                quote(source));
    }

    /** Only one of this table: the name may have become another's meanwhile. */
    private static void dropIndex(Connection connection, TableName source, @Nullable String index) throws SQLException {
        if (index == null
                || !PostgresCatalog.test(
                        connection,
                        "SELECT true FROM pg_catalog.pg_index i WHERE indexrelid = to_regclass(?) AND indrelid = to_regclass(?)"
                                + " AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_constraint c"
                                + " WHERE c.conindid = i.indexrelid AND c.contype IN ('p', 'u', 'x'))",
                        quote(source.schema(), index),
                        quote(source))) {
            return;
        }
        execute(connection, "DROP INDEX CONCURRENTLY IF EXISTS " + quote(source.schema(), index));
    }

    private void dropIndexQuietly(TableName source, @Nullable String index) {
        // Whoever interrupts a build wants to go, but not to leave half an index.
        boolean interrupted = Thread.interrupted();
        try (Connection connection = PostgresSession.connect(pool.profile())) {
            dropIndex(connection, source, index);
        } catch (SQLException e) {
            LOG.warn(
                    "the unfinished index {} of {} could not be dropped: {}. The next attempt, or a cancel, does it",
                    index,
                    source,
                    SqlErrors.serverSaid(e));
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public boolean isDone(TableName source, NativeStep step) {
        // The record is in the transaction of what it records.
        return false;
    }

    @Override
    public void undo(TableName source, List<NativeStep> done, Optional<NativeStep> begun) {
        // A BRIEF step that is not done is not there: it and its record are one transaction.
        List<NativeStep> backwards = new ArrayList<>(done);
        begun.filter(step -> step.kind() == NativeStep.Kind.LONG).ifPresent(backwards::add);
        Collections.reverse(backwards);
        for (NativeStep step : backwards) {
            try (Connection connection = PostgresSession.connect(pool.profile())) {
                endOrphans(connection, step);
                execute(connection, "SET lock_timeout = '60s'");
                dropIndex(connection, source, step.dialectState());
                if (!step.undo().isEmpty()) {
                    takeBack(connection, source, step);
                }
            } catch (SQLException e) {
                if (NO_SUCH_TABLE.equals(e.getSQLState())) {
                    // With the table, everything on it is gone.
                    continue;
                }
                throw failure(source, step, e);
            }
        }
    }

    /** What a dead process asked for: the server goes on with it, and would make an index after we looked for it. */
    private static void endOrphans(Connection connection, NativeStep step) throws SQLException {
        for (String statement : step.statements()) {
            long giveUpAt =
                    System.nanoTime() + Duration.ofSeconds(ORPHAN_SECONDS).toNanos();
            while (PostgresCatalog.test(
                    connection,
                    "SELECT count(pg_terminate_backend(pid)) > 0 FROM pg_catalog.pg_stat_activity"
                            + " WHERE application_name = ? AND state <> 'idle' AND pid <> pg_backend_pid()"
                            + " AND datname = current_database() AND starts_with(query, ?)",
                    PostgresSession.APPLICATION_NAME,
                    StatementTag.in(statement))) {
                if (System.nanoTime() > giveUpAt) {
                    throw new ShooflyException(
                            ErrorKind.TRANSIENT, "a dead process's statement does not end: " + statement);
                }
                pause();
            }
        }
    }

    private void takeBack(Connection connection, TableName source, NativeStep step) throws SQLException {
        Optional<String> inTheWay =
                inBursts(connection, source, step.undo(), Duration.ofSeconds(UNDO_SECONDS), Recorder.NONE);
        if (inTheWay.isPresent()) {
            throw new ShooflyException(
                    ErrorKind.TRANSIENT,
                    "cannot take back what was begun (" + String.join("; ", step.undo()) + "): " + inTheWay.get()
                            + " use the table. Try again.");
        }
    }

    private static ShooflyException failure(TableName source, NativeStep step, SQLException error) {
        String said = "cannot " + step.what() + ": " + SqlErrors.serverSaid(error) + ". ";
        if (SqlErrors.isConnectionLoss(error)) {
            return new ShooflyException(
                    ErrorKind.AMBIGUOUS,
                    said + "How far it came, the control tables tell; they are looked at next.",
                    error);
        }
        if (PostgresErrors.isUniqueConflict(error)
                || PostgresErrors.isDataError(error)
                || "23503".equals(error.getSQLState())) {
            return new ShooflyException(
                    ErrorKind.DATA, said + "Correct the rows that stand against it, and start it again.", error);
        }
        return new ShooflyException(SqlErrors.kind(error), said + source + " is as it was before this step.", error);
    }
}
