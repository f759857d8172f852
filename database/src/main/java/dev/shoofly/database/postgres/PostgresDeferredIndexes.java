package dev.shoofly.database.postgres;

import static dev.shoofly.database.postgres.PostgresNames.literal;
import static dev.shoofly.database.postgres.PostgresNames.quote;

import dev.shoofly.database.DeferredIndexes;
import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.database.connection.LongStatement;
import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.ShooflyException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Plain CREATE INDEX, several at a time, each with parallel workers. Not CONCURRENTLY, which waits for every old
 * transaction of the database, those of the application included, reads the table twice, and leaves an invalid index when
 * it is given up. Its price is that nobody may write the shadow meanwhile: the changes wait in the topic.
 */
final class PostgresDeferredIndexes implements DeferredIndexes {
    private static final Logger LOG = LoggerFactory.getLogger(PostgresDeferredIndexes.class);
    private static final int MOST_AT_A_TIME = 4;
    private static final Duration CANCELLED_WITHIN = Duration.ofSeconds(30);
    private static final String DUPLICATE_RELATION = "42P07";
    private static final String UNIQUE_VIOLATION = "23505";
    /** Rounds of bringing rows up to date that share unique values. */
    private static final int MOST_ROUNDS = 20;

    private final ConnectionPool pool;
    private final MigrationPlan plan;
    private final StaleDuplicates duplicates;
    private final SwapState state;
    private final LateKey key;

    PostgresDeferredIndexes(ConnectionPool pool, MigrationPlan plan, StaleDuplicates duplicates) {
        this.pool = pool;
        this.plan = plan;
        this.duplicates = duplicates;
        this.state = SwapState.of(plan);
        this.key = new LateKey(pool, plan);
    }

    @Override
    public boolean mayLackKey() {
        return key.isPossible();
    }

    @Override
    public boolean isKeyMissing() {
        return key.isMissing();
    }

    @Override
    public boolean takeKeyAway(long epoch) {
        return key.takeAway(epoch);
    }

    @Override
    public List<String> missing() {
        List<String> names =
                absent().stream().map(SwapState.Deferred::finalName).toList();
        SwapState.Deferred known = state.key();
        // Its index may be there already, and the constraint not.
        return !names.isEmpty() || known == null || !key.isMissing() ? names : List.of(known.finalName());
    }

    private List<SwapState.Deferred> absent() {
        List<SwapState.Deferred> deferred = deferred();
        if (deferred.isEmpty()) {
            return deferred;
        }
        List<String> present = pool.with(
                "reading the indexes of " + plan.shadow(),
                connection -> PostgresCatalog.texts(
                        connection,
                        "SELECT c.relname FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid"
                                + " WHERE i.indrelid = to_regclass(?)",
                        quote(plan.shadow())));
        return deferred.stream()
                .filter(index -> !present.contains(index.name()))
                .toList();
    }

    /** The key first: its build is the longest. */
    private List<SwapState.Deferred> deferred() {
        return Stream.concat(Stream.ofNullable(state.key()), state.deferred().stream())
                .toList();
    }

    @Override
    public Result build(Writers writers, int threads, BooleanSupplier mayGoOn) {
        List<SwapState.Deferred> absent = absent();
        if (absent.isEmpty() && !key.isMissing()) {
            return Result.COMPLETE;
        }
        if (writers == Writers.AT_WORK) {
            return Result.NEEDS_STANDSTILL;
        }
        return buildAll(absent, threads, mayGoOn);
    }

    private Result buildAll(List<SwapState.Deferred> absent, int threads, BooleanSupplier mayGoOn) {
        int atATime = Math.max(1, Math.min(Math.min(threads, MOST_AT_A_TIME), absent.size()));
        // A leader works, too: one thread means no worker. With several the builds share them roughly, and the last
        // ones have
        // those of the first.
        int workers = threads == 1 ? 0 : threads / atATime;
        AtomicBoolean failed = new AtomicBoolean();
        // Settled when the other builds are done, for these keep everybody from writing.
        Queue<SwapState.Deferred> sharing = new ConcurrentLinkedQueue<>();
        ExecutorService builders =
                Executors.newFixedThreadPool(atATime, task -> new Thread(task, "shoofly-index-" + plan.id()));
        try {
            List<Future<Boolean>> builds = new ArrayList<>();
            for (SwapState.Deferred index : absent) {
                // With the first failure the others are given up: what they say is only its consequence.
                BooleanSupplier goOn = () -> !failed.get() && mayGoOn.getAsBoolean();
                builds.add(builders.submit(noting(failed, () -> build(index, workers, goOn, sharing))));
            }
            boolean complete = true;
            for (Future<Boolean> build : builds) {
                complete &= build.get();
            }
            if (!complete) {
                return Result.GIVEN_UP;
            }
            // Before anything is brought up to date, for which it is needed.
            if (!key.attach(mayGoOn)) {
                return Result.GIVEN_UP;
            }
            return buildSettled(List.copyOf(sharing), threads, mayGoOn) ? Result.COMPLETE : Result.GIVEN_UP;
        } catch (SQLException e) {
            throw new ShooflyException(
                    SqlErrors.isTransient(e) || PostgresErrors.isLockConflict(e)
                            ? ErrorKind.TRANSIENT
                            : ErrorKind.REFUSED,
                    "giving " + plan.shadow() + " its primary key back failed: " + SqlErrors.serverSaid(e)
                            + ". The copied rows are kept, the source is untouched; it is tried again on resume.",
                    e);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof ShooflyException known
                    ? known
                    : new ShooflyException(ErrorKind.REFUSED, "building indexes failed: " + e.getCause(), e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ShooflyException(
                    ErrorKind.SUPERSEDED, "interrupted while building the indexes of " + plan.shadow(), e);
        } finally {
            // Interrupts: a build that is under way is given up, and awaited below.
            builders.shutdownNow();
            awaitEnd(builders);
        }
    }

    private static void awaitEnd(ExecutorService builders) {
        boolean interrupted = Thread.interrupted();
        try {
            builders.awaitTermination(CANCELLED_WITHIN.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            interrupted = true;
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static Callable<Boolean> noting(AtomicBoolean failed, Callable<Boolean> build) {
        return () -> {
            boolean well = false;
            try {
                boolean complete = build.call();
                well = true;
                return complete;
            } finally {
                if (!well) {
                    failed.set(true);
                }
            }
        };
    }

    /** One after the other: where appliers stopped in the middle of an exchange of values, the source has ended it. */
    private boolean buildSettled(List<SwapState.Deferred> sharing, int threads, BooleanSupplier mayGoOn) {
        List<SwapState.Deferred> left = sharing;
        for (int round = 1; !left.isEmpty() && mayGoOn.getAsBoolean(); round++) {
            if (round > MOST_ROUNDS) {
                throw new ShooflyException(
                        ErrorKind.TRANSIENT,
                        "unique values of " + plan.source() + " move faster than the index "
                                + left.get(0).finalName()
                                + " of the shadow can be built. The copied rows are kept, the source is untouched; it is"
                                + " tried again. --defer-indexes never keeps such an index in place from the start.");
            }
            Queue<SwapState.Deferred> again = new ConcurrentLinkedQueue<>();
            for (SwapState.Deferred index : left) {
                if (!settle(index, mayGoOn) || !build(index, threads, mayGoOn, again)) {
                    return false;
                }
            }
            left = List.copyOf(again);
        }
        return left.isEmpty();
    }

    /** @return false when it was given up */
    private boolean settle(SwapState.Deferred index, BooleanSupplier mayGoOn) {
        try (Connection connection = PostgresSession.connect(pool.profile())) {
            int found = duplicates.settle(connection, index.columns());
            for (int round = 1; found > 0 && round < MOST_ROUNDS && mayGoOn.getAsBoolean(); round++) {
                LOG.info(
                        "{}: {} rows shared values of {}, and are up to date now",
                        plan.source(),
                        found,
                        index.finalName());
                found = duplicates.settle(connection, index.columns());
            }
            return mayGoOn.getAsBoolean();
        } catch (SQLException e) {
            throw failure(index, e);
        }
    }

    /**
     * @param sharing gets the index if rows share its values
     * @return false when it was given up
     */
    private boolean build(
            SwapState.Deferred index, int workers, BooleanSupplier mayGoOn, Queue<SwapState.Deferred> sharing) {
        if (!mayGoOn.getAsBoolean()) {
            return false;
        }
        try (Connection connection = PostgresSession.connect(pool.profile())) {
            ConnectionPool.execute(connection, "SET search_path = pg_catalog");
            ConnectionPool.execute(connection, "SET max_parallel_maintenance_workers = " + workers);
            raiseMemory(connection);
            String tablespace = index.tablespace();
            if (tablespace != null) {
                // In the statement it would have to stand before the index's WHERE.
                ConnectionPool.execute(connection, "SET default_tablespace = " + literal(tablespace));
            }
            String create = (index.isUnique() ? "CREATE UNIQUE INDEX " : "CREATE INDEX ") + quote(index.name()) + " ON "
                    + quote(plan.shadow()) + " " + index.tail();
            return LongStatement.run(connection, create + details(index), mayGoOn);
        } catch (SQLException e) {
            if (index.isUnique() && index.name().equals(PostgresErrors.constraint(e))) {
                if (isKey(index)) {
                    throw doubled(index, e);
                }
                sharing.add(index);
                return true;
            }
            throw failure(index, e);
        }
    }

    private boolean isKey(SwapState.Deferred index) {
        return index.equals(state.key());
    }

    /** In one request, and so in one transaction with the CREATE: an index that is there is complete. */
    private String details(SwapState.Deferred index) {
        String name = quote(plan.shadow().schema(), index.name());
        String comment = index.comment();
        return (index.clustered() ? "; ALTER TABLE " + quote(plan.shadow()) + " CLUSTER ON " + quote(index.name()) : "")
                + (comment == null ? "" : "; COMMENT ON INDEX " + name + " IS " + literal(comment));
    }

    /** Sorting in memory what fits; the server's own setting where that is more. */
    private static void raiseMemory(Connection connection) throws SQLException {
        ConnectionPool.execute(
                connection,
                "SELECT set_config('maintenance_work_mem', '256MB', false) FROM pg_catalog.pg_settings"
                        + " WHERE name = 'maintenance_work_mem' AND setting::bigint < 262144");
    }

    /** No source has two rows of one key, and each was copied once; so it is nothing that waiting cures. */
    private ShooflyException doubled(SwapState.Deferred index, SQLException error) {
        return new ShooflyException(
                ErrorKind.REFUSED,
                "rows of the shadow " + plan.shadow() + " share a value of its primary key " + index.finalName() + ": "
                        + SqlErrors.serverSaid(error) + ". Something other than Shoofly has written the shadow, or a"
                        + " process of another version has copied. The source is untouched; 'cancel " + plan.id()
                        + "' and start again.",
                error);
    }

    private ShooflyException failure(SwapState.Deferred index, SQLException error) {
        String state = String.valueOf(error.getSQLState());
        // A build of a process that died goes on in the server, beside ours, and ends first.
        boolean builtByAnother = state.equals(DUPLICATE_RELATION) || state.equals(UNIQUE_VIOLATION);
        return new ShooflyException(
                builtByAnother || SqlErrors.isTransient(error) ? ErrorKind.TRANSIENT : ErrorKind.REFUSED,
                "building the index " + index.finalName() + " of the shadow " + plan.shadow() + " failed: "
                        + SqlErrors.serverSaid(error)
                        + ". The copied rows are kept, the source is untouched; the build begins again on resume.",
                error);
    }
}
