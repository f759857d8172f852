package dev.shoofly.database.postgres;

import static dev.shoofly.database.connection.ConnectionPool.execute;
import static dev.shoofly.database.postgres.PostgresNames.quote;

import dev.shoofly.database.StallBudget;
import dev.shoofly.model.CutoverSettings;
import dev.shoofly.model.MigrationPlan;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;

/**
 * Locks the source together with the views that read it and the tables at the other ends of its foreign keys. Whoever has
 * used one of them and now wants another waits for us while we wait for him, and behind a lock that is asked for they gather.
 * So each is asked for during a moment only, all are given back when one is not had, and it is tried again, with more
 * patience for the source itself, whose transactions may be longer. A round ends before {@code deadlock_timeout}: the server
 * ends nobody for our sake.
 *
 * <p>Views come first, for a reader locks them before the table; then the source; then the tables, of which the writers of
 * the source have a glance each.
 */
final class SwapLocks {
    private static final int MOMENT_MILLIS = 20;
    private static final int PAUSE_MILLIS = 30;
    /** Of {@code deadlock_timeout}. */
    private static final double OF_SOURCE_AT_MOST = 0.4;

    private static final double ROUND_AT_MOST = 0.8;
    private final Connection connection;
    private final MigrationPlan plan;
    private final Attached attached;
    private final CutoverSettings settings;
    private final long deadlockMillis;
    /** Of the tables; quoted. */
    private final List<String> partitioned;

    private long since = System.nanoTime();

    SwapLocks(Connection connection, MigrationPlan plan, Attached attached, CutoverSettings settings)
            throws SQLException {
        this.connection = connection;
        this.plan = plan;
        this.attached = attached;
        this.settings = settings;
        this.deadlockMillis = PostgresCatalog.deadlockMillis(connection);
        List<String> found = new ArrayList<>();
        for (String table : attached.tables()) {
            if (PostgresCatalog.test(
                    connection, "SELECT relkind = 'p' FROM pg_catalog.pg_class WHERE oid = to_regclass(?)", table)) {
                found.add(table);
            }
        }
        this.partitioned = found;
    }

    /** Locks the source; a statement of its own, or more. */
    @FunctionalInterface
    interface OfSource {
        /** @return false when it could not be had */
        boolean lock() throws SQLException;
    }

    /** @return what could not be had, in words; empty: everything is locked until the transaction ends */
    Optional<String> acquire() throws SQLException {
        long giveUpAt = System.nanoTime() + settings.lockTimeout().toNanos();
        long patience = MOMENT_MILLIS;
        while (true) {
            execute(connection, "SAVEPOINT shoofly_locks");
            since = System.nanoTime();
            Optional<String> missing = once(patience, new StallBudget(since, settings.maxStall()), () -> {
                SourceLock.lock(connection, plan, "ACCESS EXCLUSIVE");
                return true;
            });
            if (missing.isEmpty() || System.nanoTime() - giveUpAt > 0) {
                return missing;
            }
            execute(connection, "ROLLBACK TO SAVEPOINT shoofly_locks");
            patience = Math.min(
                    2 * patience,
                    Math.min(
                            (long) (deadlockMillis * OF_SOURCE_AT_MOST),
                            settings.maxStall().toMillis() / 2));
            LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(1, PAUSE_MILLIS) * 1_000_000);
        }
    }

    /** When the round began in which everything was locked; {@link System#nanoTime}. */
    long since() {
        return since;
    }

    /**
     * One try; nothing is given back.
     *
     * @param patience for the source, in milliseconds
     * @param budget of the application's waiting, which the round does not outlast either
     */
    Optional<String> once(long patience, StallBudget budget, OfSource ofSource) throws SQLException {
        long now = System.nanoTime();
        long round = (long) (deadlockMillis * ROUND_AT_MOST * 1_000_000);
        long endsAt = now + Math.min(round, budget.endsAt() - now);
        String wanted = "";
        try {
            for (String view : attached.views()) {
                wanted = view;
                if (!waitAtMost(MOMENT_MILLIS, endsAt, budget)) {
                    return Optional.of(wanted);
                }
                lockView(view);
            }
            wanted = quote(plan.source());
            if (!waitAtMost(patience, endsAt, budget)) {
                return Optional.of(wanted);
            }
            if (!ofSource.lock()) {
                return Optional.of(wanted);
            }
            for (String table : attached.tables()) {
                wanted = table;
                if (!waitAtMost(MOMENT_MILLIS, endsAt, budget)) {
                    return Optional.of(wanted);
                }
                lockTable(table, endsAt);
            }
            execute(
                    connection,
                    "SET LOCAL lock_timeout = "
                            + budget.atMost(settings.lockTimeout()).toMillis());
            return Optional.empty();
        } catch (SQLException e) {
            if (!PostgresErrors.isLockTimeout(e)) {
                throw e;
            }
            return Optional.of(wanted);
        }
    }

    private void lockTable(String table, long endsAt) throws SQLException {
        if (!partitioned.contains(table)) {
            execute(connection, "LOCK TABLE " + table + " IN ACCESS EXCLUSIVE MODE");
            return;
        }
        execute(connection, "LOCK TABLE ONLY " + table + " IN ACCESS EXCLUSIVE MODE");
        SourceLock.partitions(
                connection,
                table,
                "ACCESS EXCLUSIVE",
                Math.max(MOMENT_MILLIS, (endsAt - System.nanoTime()) / 1_000_000));
    }

    /** @return false when the application may wait no longer */
    private boolean waitAtMost(long millis, long endsAt, StallBudget budget) throws SQLException {
        if (budget.isOver()) {
            return false;
        }
        long left = (endsAt - System.nanoTime()) / 1_000_000;
        // 0 would be for ever.
        execute(connection, "SET LOCAL lock_timeout = " + Math.max(1, Math.min(millis, left)));
        return true;
    }

    /** LOCK TABLE would lock every table that the view reads. Giving it to its owner changes nothing and locks it alone. */
    private void lockView(String view) throws SQLException {
        String owner = PostgresCatalog.text(
                connection,
                "SELECT quote_ident(r.rolname) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_roles r ON r.oid ="
                        + " c.relowner WHERE c.oid = to_regclass(?)",
                view);
        if (owner != null) {
            execute(connection, "ALTER VIEW " + view + " OWNER TO " + owner);
        }
    }
}
