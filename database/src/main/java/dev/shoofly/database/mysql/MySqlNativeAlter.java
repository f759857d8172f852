package dev.shoofly.database.mysql;

import com.mysql.cj.jdbc.JdbcConnection;
import dev.shoofly.database.NativeAlter;
import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.database.connection.LongStatement;
import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.database.connection.SqlWork;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.NativeStep;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.TableName;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** ALTER with ALGORITHM=INSTANT, or INPLACE with LOCK=NONE: the server refuses what it cannot do that way. */
final class MySqlNativeAlter implements NativeAlter {
    private static final int THREADS = 2;
    private static final Duration UNDO_WITHIN = Duration.ofSeconds(30);

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
    public Optional<String> attempt(TableName source, NativeStep step, Duration lockTimeout, SqlWork<Boolean> record) {
        StepState state = StepState.of(step);
        try (Connection altering = MySqlSession.connectForSeries(pool.profile());
                Connection observing = MySqlSession.connect(pool.profile());
                MySqlTableLock lock = new MySqlTableLock(altering, observing, new MySqlBlockers(source))) {
            // For what is not the table's own lock: a backup's global lock, say.
            ConnectionPool.execute(altering, "SET SESSION lock_wait_timeout = 1");
            guardForeignKeys(altering, state);
            if (!state.isDone(observing, source)) {
                Optional<String> inTheWay = lock.acquire(step.statements().get(0), lockTimeout);
                if (inTheWay.isPresent()) {
                    return inTheWay;
                }
                faultPoints.reach("native.altered");
            }
            record.run(observing);
            return Optional.empty();
        } catch (SQLException e) {
            throw failure(source, step, e);
        }
    }

    @Override
    public boolean run(TableName source, NativeStep step, Duration lockTimeout, BooleanSupplier mayGoOn) {
        StepState state = StepState.of(step);
        // Not from the pool: it may take longer than any other statement, and has settings of its own.
        try (Connection connection = MySqlSession.connectForLongStatements(pool.profile())) {
            if (state.isDone(connection, source)) {
                return true;
            }
            if (state.mustFindNone()) {
                requireNone(connection, step, mayGoOn);
                return true;
            }
            guardForeignKeys(connection, state);
            MySqlDeferredIndexes.settings(connection, THREADS);
            // The ALTER waits for the application's transactions at its begin and at its end, and what comes after
            // waits
            // behind it.
            ConnectionPool.execute(
                    connection, "SET SESSION lock_wait_timeout = " + Math.max(1, lockTimeout.toSeconds()));
            boolean done = LongStatement.run(connection, step.statements().get(0), mayGoOn);
            faultPoints.reach("native.altered");
            return done;
        } catch (SQLException e) {
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
        return pool.with(
                "looking at the definition of " + source,
                connection -> StepState.of(step).isDone(connection, source));
    }

    /** A consistent read: it locks nothing. */
    private static void requireNone(Connection connection, NativeStep step, BooleanSupplier mayGoOn)
            throws SQLException {
        List<String> found = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(step.statements().get(0))) {
            while (rows.next() && mayGoOn.getAsBoolean()) {
                found.add(rows.getString(1));
            }
        }
        if (!found.isEmpty()) {
            throw new ShooflyException(
                    ErrorKind.DATA,
                    "there are rows that the foreign key forbids, with these values and perhaps more: "
                            + String.join("; ", found)
                            + ". The foreign key is taken back. Correct the rows and try again.");
        }
    }

    @Override
    public void undo(TableName source, List<NativeStep> steps) {
        for (NativeStep step : steps) {
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
                StepState.foreignKey(foreignKey, true));
        Optional<String> inTheWay = attempt(source, back, UNDO_WITHIN, connection -> true);
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
        if (error.getErrorCode() == 1799) {
            return new ShooflyException(
                    ErrorKind.REFUSED,
                    said + source + " is as it was. More was written meanwhile than"
                            + " innodb_online_alter_log_max_size holds: raise that, or use --strategy shadow.",
                    error);
        }
        if (MySqlErrors.isDuplicate(error) || MySqlErrors.isData(error) || error.getErrorCode() == 1138) {
            return new ShooflyException(
                    ErrorKind.DATA,
                    said + source + " is as it was. Correct the rows that stand against it and try again.",
                    error);
        }
        return new ShooflyException(SqlErrors.kind(error), said + source + " is as it was.", error);
    }
}
