package dev.shoofly.database.mysql;

import com.mysql.cj.jdbc.JdbcConnection;
import dev.shoofly.database.NativeAlter;
import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.database.connection.LongStatement;
import dev.shoofly.database.connection.Pause;
import dev.shoofly.database.connection.SqlErrors;
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
import java.util.function.BooleanSupplier;

/** ALTER with ALGORITHM=INSTANT, or INPLACE with LOCK=NONE: the server refuses what it cannot do that way. */
final class MySqlNativeAlter implements NativeAlter {
    private static final int THREADS = 2;
    private static final Duration UNDO_WITHIN = Duration.ofSeconds(30);
    /** In which a default's literal is read, as in a session of the operator's. */
    static final String OPERATORS_ZONE = "SET SESSION time_zone = @@GLOBAL.time_zone";

    private static final Duration A_MOMENT = Duration.ofMillis(100);

    private final ConnectionPool pool;
    private final FaultPoints faultPoints;

    MySqlNativeAlter(ConnectionPool pool, FaultPoints faultPoints) {
        this.pool = pool;
        this.faultPoints = faultPoints;
    }

    @Override
    public List<String> findings(TableName source) {
        return pool.with("checking " + source, connection -> new MySqlPreflight(connection, source).nativeFindings());
    }

    @Override
    public Assessment assess(MigrationId id, TableName source, List<String> alters) {
        return pool.with(
                "trying the alteration of " + source + " on an empty table",
                // Past the pool, which takes "not supported" for a sign that the connection is broken.
                connection -> new NativeTrial(connection.unwrap(JdbcConnection.class), id, source).assess(alters));
    }

    @Override
    public Optional<String> attempt(TableName source, NativeStep step, Duration lockTimeout, Recorder recorder) {
        StepState state = StepState.of(step);
        try {
            Optional<String> inTheWay = request(source, step, state, lockTimeout, recorder);
            if (inTheWay.isPresent()) {
                return inTheWay;
            }
        } catch (SQLException e) {
            // Whatever failed, a connection perhaps: the server may have done it.
            requireOwner(recorder);
            if (!isDone(source, step)) {
                throw failure(source, step, e);
            }
        }
        record(source, recorder);
        return Optional.empty();
    }

    private Optional<String> request(
            TableName source, NativeStep step, StepState state, Duration lockTimeout, Recorder recorder)
            throws SQLException {
        try (Connection altering = MySqlSession.connectForSeries(pool.profile());
                Connection observing = MySqlSession.connect(pool.profile());
                MySqlTableLock lock = new MySqlTableLock(altering, observing, new MySqlBlockers(source))) {
            // First: a former owner must not end what its successor has begun.
            if (recorder.isRecorded(observing)) {
                return Optional.empty();
            }
            OrphanStatements.end(observing, List.of(step));
            if (state.isDone(observing, source)) {
                return Optional.empty();
            }
            state.requireExpected(observing, source);
            // For what is not the table's own lock: a backup's global lock, say.
            ConnectionPool.execute(altering, "SET SESSION lock_wait_timeout = 1");
            guardForeignKeys(altering, state);
            ConnectionPool.execute(altering, OPERATORS_ZONE);
            TableName parent = state.parent();
            if (parent != null) {
                // The server locks it, too; who has read it and goes on to write would die of a deadlock.
                Optional<String> users = holdersOf(observing, parent, lockTimeout);
                if (users.isPresent()) {
                    return users;
                }
            }
            Optional<String> inTheWay = lock.acquire(step.statements().get(0), lockTimeout);
            if (inTheWay.isEmpty()) {
                faultPoints.reach("native.altered");
            }
            return inTheWay;
        }
    }

    private void requireOwner(Recorder recorder) {
        pool.with("asking who owns the migration", recorder::isRecorded);
    }

    /** The server has committed the step already: what fails now must not pass for its failure. */
    private void record(TableName source, Recorder recorder) {
        try {
            pool.inTransaction("noting that " + source + " is altered", connection -> {
                recorder.record(connection);
                return true;
            });
        } catch (ShooflyException e) {
            if (e.kind() != ErrorKind.REFUSED) {
                throw e;
            }
            throw new ShooflyException(
                    ErrorKind.TRANSIENT, source + " is altered, but that could not be noted: " + e.getMessage(), e);
        }
    }

    /** Waits until no transaction uses the table for longer than a moment; empty when it is so in time. */
    private static Optional<String> holdersOf(Connection connection, TableName table, Duration timeout)
            throws SQLException {
        MySqlBlockers blockers = new MySqlBlockers(table);
        long giveUpAt = System.nanoTime() + timeout.toNanos();
        List<MySqlBlockers.Holder> before = blockers.transactions(connection);
        while (true) {
            Pause.exactly(A_MOMENT, "waiting for transactions that use " + table);
            List<MySqlBlockers.Holder> now = blockers.transactions(connection);
            List<String> ids = before.stream().map(MySqlBlockers.Holder::id).toList();
            List<String> staying = now.stream()
                    .filter(holder -> ids.contains(holder.id()))
                    .map(MySqlBlockers.Holder::words)
                    .toList();
            if (staying.isEmpty()) {
                return Optional.empty();
            }
            if (System.nanoTime() >= giveUpAt) {
                return Optional.of(String.join("; ", staying));
            }
            before = now;
        }
    }

    @Override
    public boolean run(
            TableName source, NativeStep step, Duration lockTimeout, Recorder recorder, BooleanSupplier mayGoOn) {
        StepState state = StepState.of(step);
        // Not from the pool: it may take longer than any other statement, and has settings of its own.
        try (Connection connection = MySqlSession.connectForLongStatements(pool.profile())) {
            if (recorder.isRecorded(connection)) {
                return true;
            }
            OrphanStatements.end(connection, List.of(step));
            if (state.isDone(connection, source)) {
                return true;
            }
            state.requireExpected(connection, source);
            if (state.mustFindNone()) {
                return findsNone(connection, step, mayGoOn);
            }
            guardForeignKeys(connection, state);
            // It asks for the table at its begin and at its end, and whoever comes after waits behind it.
            Optional<String> users = holdersOf(connection, source, lockTimeout);
            if (users.isPresent()) {
                throw new ShooflyException(
                        ErrorKind.TRANSIENT,
                        "cannot " + step.what() + ", which needs the table for a moment: " + users.get() + ".");
            }
            MySqlDeferredIndexes.settings(connection, THREADS);
            ConnectionPool.execute(connection, OPERATORS_ZONE);
            ConnectionPool.execute(
                    connection, "SET SESSION lock_wait_timeout = " + Math.max(1, lockTimeout.toSeconds()));
            boolean done = LongStatement.run(connection, step.statements().get(0), mayGoOn);
            faultPoints.reach("native.altered");
            return done;
        } catch (SQLException e) {
            requireOwner(recorder);
            if (isDone(source, step)) {
                return true;
            }
            throw failure(source, step, e);
        }
    }

    /** With the checks off the server would let a column or an index go that a foreign key needs. */
    private static void guardForeignKeys(Connection connection, StepState state) throws SQLException {
        if (state.foreignKey() == null) {
            ConnectionPool.execute(connection, "SET SESSION foreign_key_checks = 1");
        }
    }

    @Override
    public boolean isDone(TableName source, NativeStep step) {
        return pool.with("looking at the definition of " + source, connection -> {
            OrphanStatements.end(connection, List.of(step));
            return StepState.of(step).isDone(connection, source);
        });
    }

    /** A consistent read: it locks nothing. */
    private static boolean findsNone(Connection connection, NativeStep step, BooleanSupplier mayGoOn)
            throws SQLException {
        List<String> found = Collections.synchronizedList(new ArrayList<>());
        boolean done = LongStatement.run(
                connection,
                step.statements().get(0),
                rows -> {
                    while (rows.next()) {
                        found.add(rows.getString(1));
                    }
                },
                mayGoOn);
        if (!found.isEmpty()) {
            throw new ShooflyException(
                    ErrorKind.DATA,
                    "there are rows that the foreign key forbids, with these values and perhaps more: "
                            + String.join("; ", found)
                            + ". The foreign key is taken back. Correct the rows and try again.");
        }
        return done;
    }

    @Override
    public void undo(TableName source, List<NativeStep> done, Optional<NativeStep> begun) {
        List<NativeStep> all = new ArrayList<>(done);
        begun.ifPresent(all::add);
        pool.with("ending what is under way at " + source, connection -> {
            OrphanStatements.end(connection, all);
            return true;
        });
        for (NativeStep step : all) {
            String foreignKey = StepState.of(step).foreignKey();
            // All else is one statement, which the server takes back by itself when it does not come to its end.
            if (foreignKey != null && !step.undo().isEmpty()) {
                dropForeignKey(source, step, foreignKey);
            }
        }
    }

    private void dropForeignKey(TableName source, NativeStep step, String foreignKey) {
        NativeStep back = new NativeStep(
                NativeStep.Kind.BRIEF,
                "take back the foreign key " + foreignKey + " of " + source,
                step.undo(),
                true,
                List.of(),
                StepState.foreignKey(foreignKey, true, StepState.of(step).parent()));
        Optional<String> inTheWay = attempt(source, back, UNDO_WITHIN, Recorder.NONE);
        if (inTheWay.isPresent()) {
            throw new ShooflyException(
                    ErrorKind.TRANSIENT,
                    "cannot " + back.what() + ": " + inTheWay.get() + ". Try again, or run: "
                            + step.undo().get(0));
        }
    }

    private static ShooflyException failure(TableName source, NativeStep step, SQLException error) {
        String said = "cannot " + step.what() + ": " + SqlErrors.serverSaid(error) + ". ";
        if (SqlErrors.isConnectionLoss(error)) {
            return new ShooflyException(
                    ErrorKind.AMBIGUOUS,
                    said + "Whether " + source + " was altered, its definition tells; it is looked at next.",
                    error);
        }
        if (MySqlErrors.isInterrupted(error)) {
            return new ShooflyException(
                    ErrorKind.REFUSED, said + "Somebody ended the statement. " + source + " is as it was.", error);
        }
        if (error.getErrorCode() == 1799) {
            return new ShooflyException(
                    ErrorKind.REFUSED,
                    said + source + " is as it was. More was written meanwhile than"
                            + " innodb_online_alter_log_max_size holds: raise that, or use --strategy shadow.",
                    error);
        }
        if (MySqlErrors.isDuplicate(error)) {
            // An online ALTER looks at each write that was made beside it, those that were taken back included.
            return new ShooflyException(
                    ErrorKind.DATA,
                    said + source
                            + " is as it was. Correct the rows that share the values. If none do, they shared them"
                            + " for a moment while it ran: try again, or use --strategy shadow.",
                    error);
        }
        if (MySqlErrors.isData(error) || error.getErrorCode() == 1138) {
            return new ShooflyException(
                    ErrorKind.DATA,
                    said + source + " is as it was. Correct the rows that stand against it and try again.",
                    error);
        }
        return new ShooflyException(SqlErrors.kind(error), said + source + " is as it was.", error);
    }
}
