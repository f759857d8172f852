package dev.shoofly.database.postgres;

import static dev.shoofly.database.connection.ConnectionPool.execute;
import static dev.shoofly.database.postgres.PostgresNames.literal;
import static dev.shoofly.database.postgres.PostgresNames.quote;

import dev.shoofly.database.connection.ConnectionProfile;
import dev.shoofly.database.connection.Retry;
import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.database.connection.Transactions;
import dev.shoofly.database.postgres.Attached.Part;
import dev.shoofly.database.postgres.Attached.PartitionedKey;
import dev.shoofly.database.postgres.PartitionedKeys.State;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.ShooflyException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongConsumer;

/**
 * Makes a foreign key that the swap gave to each partition one of the partitioned table: has the rows of the partitions read
 * while everybody works, and then, under short locks, tells the table, which the server does without another look at them.
 * Repeatable.
 *
 * <p>The locks are those that the server will ask for, or stronger: an upgrade on the way could meet somebody crosswise. They
 * are asked for during moments, as {@link SwapLocks} does, and given back when one is not had.
 */
final class PartitionedKeyCompletion {
    private static final String LOCKED = "ACCESS EXCLUSIVE";
    private static final long MOMENT_MILLIS = 20;
    private static final int PAUSE_MILLIS = 30;
    private static final int PAUSE_FACTOR = 5;
    private static final int LONG_MILLIS = 100;
    /** Each of four locks at most of {@code deadlock_timeout} and of what the application may wait. */
    private static final double SHARE = 0.2;

    private static final Duration ROUNDS = Duration.ofSeconds(10);
    /** Nothing but the catalog is written; should the server read rows for it after all, nobody waits for that. */
    private static final int MOST_MILLIS = 3_000;

    private static final Retry LOCK_CONFLICTS =
            new Retry(Duration.ofMinutes(10), Duration.ofMillis(30), Duration.ofSeconds(1), error -> {});

    private final ConnectionProfile profile;
    private final PartitionedKeyEnds ends;
    private final Duration maxStall;
    private final LongConsumer validate;
    /** With the names that its tables had when they were looked at last. */
    private PartitionedKey key;

    private long patience = MOMENT_MILLIS;

    /**
     * @param plan of the swap
     * @param maxStall for how long a round of locks may make the application wait
     * @param validate has the rows of a partition read; takes the constraint's oid
     */
    PartitionedKeyCompletion(
            ConnectionProfile profile,
            MigrationPlan plan,
            PartitionedKey key,
            Duration maxStall,
            LongConsumer validate) {
        this.profile = profile;
        this.key = key;
        this.ends = new PartitionedKeyEnds(plan, key);
        this.maxStall = maxStall;
        this.validate = validate;
    }

    void run() {
        String what = "making the foreign key \"" + key.name() + "\" one of " + key.table();
        boolean done = false;
        while (!done) {
            for (State state : LOCK_CONFLICTS.call(what, this::unread)) {
                validate.accept(state.constraint());
            }
            done = LOCK_CONFLICTS.call(what, this::complete);
        }
    }

    private List<State> unread() throws SQLException {
        try (Connection connection = PostgresSession.connect(profile)) {
            connection.setAutoCommit(false);
            return isSettled(connection)
                    ? List.of()
                    : PartitionedKeys.states(connection, key).stream()
                            .filter(state -> !state.name().isEmpty() && !state.validated())
                            .toList();
        }
    }

    private boolean isSettled(Connection connection) throws SQLException {
        Optional<PartitionedKey> left = ends.left(connection);
        left.ifPresent(now -> key = now);
        return left.isEmpty();
    }

    /** What makes good by hand that this could not be done. */
    String byHand() {
        return ". Each partition that was there at the swap has it, and there it is in force; the table itself does not have"
                + " it yet, so a partition that is made later would be without. When that is mended, and the rollback window is"
                + " over, run: ALTER TABLE "
                + key.table() + " ADD CONSTRAINT " + quote(key.name()) + " " + key.definition();
    }

    /** @return false when there is a partition whose rows must be read first: one that was made since the swap */
    private boolean complete() throws SQLException {
        try (Connection connection = PostgresSession.connect(profile)) {
            connection.setAutoCommit(false);
            boolean settled = isSettled(connection);
            connection.rollback();
            connection.setAutoCommit(true);
            if (settled) {
                return true;
            }
            AutovacuumYield.from(connection, List.of(key.table(), key.target()));
            connection.setAutoCommit(false);
            patience = MOMENT_MILLIS;
            long giveUpAt = System.nanoTime() + ROUNDS.toNanos();
            while (true) {
                long begun = System.nanoTime();
                try {
                    requireNotHeldForLong(connection);
                    lock(connection);
                    boolean done = completeUnderLock(connection);
                    connection.commit();
                    return done;
                } catch (SQLException e) {
                    Transactions.rollbackQuietly(connection);
                    if (PostgresErrors.isGone(e)) {
                        throw new ShooflyException(
                                ErrorKind.TRANSIENT, "a table of the foreign key has another name now", e);
                    }
                    if (!PostgresErrors.isLockConflict(e)) {
                        throw e;
                    }
                    if (System.nanoTime() - giveUpAt > 0
                            || Thread.currentThread().isInterrupted()) {
                        throw new SQLException(e.getMessage() + ". Holder: " + holders(connection), e.getSQLState(), e);
                    }
                }
                // Whoever had to wait for a round has most of the time to itself all the same.
                LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(1, PAUSE_MILLIS) * 1_000_000
                        + PAUSE_FACTOR * (System.nanoTime() - begun));
            }
        }
    }

    /** Nobody is made to wait behind a request that a transaction of some length would keep waiting. */
    private void requireNotHeldForLong(Connection connection) throws SQLException {
        for (String table : List.of(key.table(), key.target())) {
            if (PostgresCatalog.test(
                    connection,
                    "SELECT true FROM pg_catalog.pg_locks l LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid"
                            + " WHERE l.locktype = 'relation' AND l.granted AND l.relation IN " + PartitionTree.MEMBERS
                            + " AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())"
                            + " AND l.pid IS DISTINCT FROM pg_backend_pid() AND (a.pid IS NULL"
                            + " OR a.xact_start < clock_timestamp() - interval '" + LONG_MILLIS
                            + " milliseconds') LIMIT 1",
                    table)) {
                throw new SQLException(
                        "a transaction has held " + table + " for longer than " + LONG_MILLIS + " ms",
                        PostgresErrors.LOCK_NOT_AVAILABLE);
            }
        }
    }

    private String holders(Connection connection) throws SQLException {
        String ofTable = TableHolders.describe(connection, key.table());
        return ofTable.equals(TableHolders.NONE) ? TableHolders.describe(connection, key.target()) : ofTable;
    }

    private void lock(Connection connection) throws SQLException {
        long deadlockMillis = PostgresCatalog.deadlockMillis(connection);
        long most = (long) (Math.min(deadlockMillis, maxStall.toMillis()) * SHARE);
        long millis = Math.max(1, Math.min(patience, most));
        patience = 2 * millis;
        for (String table :
                List.of(key.table(), key.target()).stream().distinct().toList()) {
            execute(connection, "SET LOCAL lock_timeout = " + millis);
            execute(connection, "LOCK TABLE ONLY " + table + " IN " + LOCKED + " MODE");
            SourceLock.partitions(connection, table, LOCKED, millis);
        }
    }

    private boolean completeUnderLock(Connection connection) throws SQLException {
        // A successor of this owner, or somebody by hand, may have done it before the locks were had.
        PartitionedKey locked = key;
        if (isSettled(connection)) {
            return true;
        }
        if (!key.equals(locked)) {
            throw new SQLException(
                    "a table was renamed while its lock was waited for", PostgresErrors.LOCK_NOT_AVAILABLE);
        }
        List<State> states = PartitionedKeys.states(connection, key);
        List<State> without =
                states.stream().filter(state -> state.name().isEmpty()).toList();
        long endsAt = System.nanoTime() + MOST_MILLIS * 1_000_000L;
        try {
            for (State state : without) {
                within(connection, endsAt);
                execute(
                        connection,
                        "ALTER TABLE " + state.table() + " ADD " + name(connection, state.table()) + key.definition()
                                + PartitionedKeys.NOT_VALID);
            }
            if (!without.isEmpty() || !states.stream().allMatch(State::validated)) {
                return false;
            }
            within(connection, endsAt);
            String table = "ALTER TABLE " + key.table();
            execute(connection, table + " ADD CONSTRAINT " + quote(key.name()) + " " + key.definition());
            nameInnerParts(connection);
            if (key.comment() != null) {
                execute(
                        connection,
                        "COMMENT ON CONSTRAINT " + quote(key.name()) + " ON " + key.table() + " IS "
                                + literal(key.comment()));
            }
            return true;
        } catch (SQLException e) {
            if (!PostgresErrors.isCancelled(e)) {
                throw e;
            }
            // Not tried again at once: everybody would wait as long each time.
            throw new ShooflyException(
                    ErrorKind.REFUSED,
                    "making the foreign key \"" + key.name() + "\" one of " + key.table() + " took longer than "
                            + MOST_MILLIS + " ms, for which nobody may wait: " + SqlErrors.serverSaid(e)
                            + ". The new table is in use, and every partition has the foreign key, in force",
                    e);
        }
    }

    /** All statements together. */
    private static void within(Connection connection, long endsAt) throws SQLException {
        long left = Math.max(1, (endsAt - System.nanoTime()) / 1_000_000);
        execute(connection, "SET LOCAL statement_timeout = " + left);
    }

    /** The table's, as the server would; another that the server finds where it is taken. */
    private String name(Connection connection, String table) throws SQLException {
        boolean taken = PostgresCatalog.test(
                connection,
                "SELECT true FROM pg_catalog.pg_constraint WHERE conrelid = to_regclass(?) AND conname = ?",
                table,
                key.name());
        return taken ? "" : "CONSTRAINT " + quote(key.name()) + " ";
    }

    /** Partitions that have partitions themselves got it from the table, with a name of the server's. */
    private void nameInnerParts(Connection connection) throws SQLException {
        List<Part> made = PartitionedKeys.parts(connection, PartitionedKeys.tableName(connection, key), key.name());
        for (Part part : made) {
            Optional<Part> original = key.parts().stream()
                    .filter(each -> each.table().equals(part.table()))
                    .filter(each -> !each.leaf() && !each.name().equals(part.name()))
                    .findFirst();
            if (!part.leaf() && original.isPresent()) {
                execute(
                        connection,
                        "ALTER TABLE " + part.table() + " RENAME CONSTRAINT " + quote(part.name()) + " TO "
                                + quote(original.get().name()));
            }
        }
    }
}
