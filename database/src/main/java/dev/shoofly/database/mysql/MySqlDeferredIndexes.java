package dev.shoofly.database.mysql;

import dev.shoofly.database.DeferredIndexes;
import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.database.connection.LongStatement;
import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.ShooflyException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One online ALTER that adds all of them: the table is read once, and each index is sorted. Only when unique values moved
 * meanwhile, the unique ones are built while the appliers stand still.
 */
final class MySqlDeferredIndexes implements DeferredIndexes {
    private static final Logger LOG = LoggerFactory.getLogger(MySqlDeferredIndexes.class);
    private static final int UNKNOWN_VARIABLE = 1193;
    private static final int DUPLICATE_KEY_NAME = 1061;
    /** DB_ONLINE_LOG_TOO_BIG: what was written meanwhile no longer fits into innodb_online_alter_log_max_size. */
    private static final int LOG_OF_CHANGES_FULL = 1799;

    private static final Set<Integer> NOT_WHILE_WRITTEN = Set.of(LOG_OF_CHANGES_FULL, 1845, 1846);
    private static final long SORT_BUFFER_BYTES = 64L << 20;
    private static final int MOST_THREADS = 64;
    /** Rounds of bringing rows up to date that share unique values. */
    private static final int MOST_ROUNDS = 20;

    private final ConnectionPool pool;
    private final MigrationPlan plan;
    private final StaleDuplicates duplicates;

    MySqlDeferredIndexes(ConnectionPool pool, MigrationPlan plan, StaleDuplicates duplicates) {
        this.pool = pool;
        this.plan = plan;
        this.duplicates = duplicates;
    }

    @Override
    public List<String> missing() {
        return absent().stream().map(DialectState.Index::name).toList();
    }

    private List<DialectState.Index> absent() {
        List<DialectState.Index> deferred = DialectState.of(plan).deferred();
        if (deferred.isEmpty()) {
            return deferred;
        }
        Set<String> present = pool.with(
                "reading the indexes of " + plan.shadow(),
                connection -> MySqlCatalog.table(connection, plan.shadow()).indexes().stream()
                        .map(MySqlIndex::name)
                        .collect(Collectors.toSet()));
        return deferred.stream()
                .filter(index -> !present.contains(index.name()))
                .toList();
    }

    @Override
    public Result build(Writers writers, int threads, BooleanSupplier mayGoOn) {
        List<DialectState.Index> absent = absent();
        if (absent.isEmpty()) {
            return Result.COMPLETE;
        }
        // Not from the pool: it may take longer than any other statement, and has settings of its own.
        try (Connection connection = MySqlSession.connectForLongStatements(pool.profile())) {
            settings(connection, Math.min(threads, MOST_THREADS));
            return writers == Writers.AT_WORK
                    ? buildOnline(connection, absent, mayGoOn)
                    : buildStanding(connection, absent, mayGoOn);
        } catch (SQLException e) {
            return afterError(e, writers);
        }
    }

    private Result buildOnline(Connection connection, List<DialectState.Index> absent, BooleanSupplier mayGoOn)
            throws SQLException {
        try {
            return add(connection, absent, "NONE", mayGoOn);
        } catch (SQLException e) {
            if (!MySqlErrors.isDuplicate(e)) {
                throw e;
            }
            // The taker of a value was written before its giver. What can be built beside the appliers is, so that they
            // stand still for the unique ones only.
            LOG.info("{}: unique values moved while the indexes were built: {}", plan.source(), e.getMessage());
            List<DialectState.Index> plain =
                    absent.stream().filter(index -> !index.isUnique()).toList();
            Result result = plain.isEmpty() ? Result.COMPLETE : add(connection, plain, "NONE", mayGoOn);
            return result == Result.COMPLETE ? Result.NEEDS_STANDSTILL : result;
        }
    }

    private Result buildStanding(Connection connection, List<DialectState.Index> absent, BooleanSupplier mayGoOn)
            throws SQLException {
        for (int round = 1; ; round++) {
            try {
                return add(connection, absent, "SHARED", mayGoOn);
            } catch (SQLException e) {
                if (!MySqlErrors.isDuplicate(e) || round == MOST_ROUNDS) {
                    throw e;
                }
                settle(connection, absent, mayGoOn);
                if (!mayGoOn.getAsBoolean()) {
                    return Result.GIVEN_UP;
                }
            }
        }
    }

    /** Where appliers stopped in the middle of an exchange of values, the source has ended it. */
    private void settle(Connection connection, List<DialectState.Index> absent, BooleanSupplier mayGoOn)
            throws SQLException {
        for (DialectState.Index index : absent) {
            if (!index.isUnique()) {
                continue;
            }
            int found = duplicates.settle(connection, index.columns());
            for (int round = 1; found > 0 && round < MOST_ROUNDS && mayGoOn.getAsBoolean(); round++) {
                LOG.info("{}: {} rows shared values of {}, and are up to date now", plan.source(), found, index.name());
                found = duplicates.settle(connection, index.columns());
            }
        }
    }

    private Result add(Connection connection, List<DialectState.Index> indexes, String lock, BooleanSupplier mayGoOn)
            throws SQLException {
        String statement =
                IndexPlan.add(MySqlNames.quote(plan.shadow()), indexes) + ", ALGORITHM=INPLACE, LOCK=" + lock;
        return LongStatement.run(connection, statement, mayGoOn) ? Result.COMPLETE : Result.GIVEN_UP;
    }

    private Result afterError(SQLException error, Writers writers) {
        if (writers == Writers.AT_WORK && NOT_WHILE_WRITTEN.contains(error.getErrorCode())) {
            LOG.info(
                    "the indexes of {} are built while the appliers stand still: {}",
                    plan.shadow(),
                    error.getMessage());
            return Result.NEEDS_STANDSTILL;
        }
        // A build of a process that died goes on in the server and may have ended while ours waited for it.
        boolean builtByAnother = error.getErrorCode() == DUPLICATE_KEY_NAME;
        throw new ShooflyException(
                builtByAnother || MySqlErrors.isDuplicate(error) || SqlErrors.isTransient(error)
                        ? ErrorKind.TRANSIENT
                        : ErrorKind.REFUSED,
                "building the indexes " + String.join(", ", missing()) + " of the shadow " + plan.shadow() + " failed: "
                        + SqlErrors.serverSaid(error)
                        + ". The copied rows are kept, the source is untouched; the build begins again on resume.",
                error);
    }

    static void settings(Connection connection, int threads) throws SQLException {
        // The ALTER waits for the appliers' transactions twice for a moment; giving up at its end would lose it all.
        ConnectionPool.execute(connection, "SET SESSION lock_wait_timeout = 3600");
        // Servers before 8.0.27 sort with one thread and a buffer that is fixed.
        for (String setting : List.of(
                "innodb_ddl_buffer_size = " + SORT_BUFFER_BYTES * threads,
                "innodb_ddl_threads = " + threads,
                "innodb_parallel_read_threads = " + threads)) {
            try {
                ConnectionPool.execute(connection, "SET SESSION " + setting);
            } catch (SQLException e) {
                if (e.getErrorCode() != UNKNOWN_VARIABLE) {
                    throw e;
                }
            }
        }
    }
}
