package dev.shoofly.database.postgres;

import static dev.shoofly.database.postgres.PostgresNames.quote;

import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.database.connection.Pause;
import dev.shoofly.database.connection.Retry;
import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.database.control.MigrationRows;
import dev.shoofly.database.control.ProgressRows;
import dev.shoofly.database.control.SegmentRows;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.MigrationState;
import dev.shoofly.model.ShooflyException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The primary key of a shadow that is copied without one. Sorting it once costs less than keeping it up row by row, less log
 * for the capture to read, and the copy needs to look for nothing.
 *
 * <p>Why no row is lost or doubled: nothing is applied while the key is missing. Whoever takes it away holds every partition's
 * progress row, and every batch of an applier asks for the key under its own. (Without asking it would fail all the same:
 * PostgreSQL refuses {@code ON CONFLICT} where no unique index is on the columns, 42P10.) So the copy is alone; it copies each
 * range once, in the transaction that says so; and every change made since it began is applied when the key is there again.
 */
final class LateKey {
    private static final Logger LOG = LoggerFactory.getLogger(LateKey.class);
    private static final Retry LOCK_CONFLICTS =
            new Retry(Duration.ofSeconds(3), Duration.ofMillis(20), Duration.ofSeconds(1), error -> {});
    private static final String DEPENDENT_OBJECTS = "2BP01";
    private static final Duration LOOK_EVERY = Duration.ofMillis(200);

    private final ConnectionPool pool;
    private final MigrationPlan plan;
    private final SwapState state;
    private final SwapState.@Nullable Deferred key;
    /** Spares each batch a look of its own; whether it is there is asked again where it counts. */
    private volatile boolean seen;

    LateKey(ConnectionPool pool, MigrationPlan plan) {
        this.pool = pool;
        this.plan = plan;
        this.state = SwapState.of(plan);
        this.key = state.key();
    }

    /** Whether this shadow may be without its key for a while. */
    boolean isPossible() {
        return key != null;
    }

    boolean isMissing() {
        return isPossible()
                && pool.with("looking for the primary key of " + plan.shadow(), connection -> isMissing(connection));
    }

    /** As {@link #isMissing()}, in the caller's transaction. */
    boolean isMissing(Connection connection) throws SQLException {
        // The constraint, not its index: one that is not a part of the key yet lets no UPDATE pass where a publication
        // of all tables demands an identity (55000).
        try (PreparedStatement statement = connection.prepareStatement(
                "SELECT true FROM pg_catalog.pg_class c WHERE c.oid = pg_catalog.to_regclass(?) AND NOT EXISTS"
                        + " (SELECT FROM pg_catalog.pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'p')")) {
            statement.setString(1, quote(plan.shadow()));
            try (ResultSet row = statement.executeQuery()) {
                return row.next();
            }
        }
    }

    /** Holds nothing meanwhile. For as long as it takes: the copy of a large table, and a pause in it. */
    void awaitPresence() {
        while (!seen && isMissing()) {
            Pause.exactly(LOOK_EVERY, "waiting for the primary key of " + plan.shadow());
        }
        seen = true;
    }

    /**
     * After the caller has locked a progress row of the migration, and so until its transaction ends.
     *
     * @throws ShooflyException TRANSIENT without it
     */
    void requirePresence(Connection connection) throws SQLException {
        if (isPossible() && isMissing(connection)) {
            seen = false;
            throw absent(null);
        }
    }

    ShooflyException absent(@Nullable SQLException cause) {
        return new ShooflyException(
                ErrorKind.TRANSIENT,
                plan.shadow() + " is copied without its primary key, and nothing is applied before that is built."
                        + " Nothing was written",
                cause);
    }

    /**
     * Before the first chunk, and before the end of the copy is looked for: what was applied until now is taken away with the
     * key. The rows are in the source, so the copy finds them; one that goes before it does is in the topic again.
     *
     * @param epoch of the migration
     * @return whether it is gone; otherwise there is a reason to keep it, and nothing was changed
     * @throws ShooflyException SUPERSEDED when the migration has another owner, or copies no more
     */
    boolean takeAway(long epoch) {
        SwapState.Deferred known = key;
        if (known == null) {
            return false;
        }
        String what = "taking the primary key from the empty " + plan.shadow();
        try {
            return LOCK_CONFLICTS.call(
                    what, () -> pool.inTransaction(what, connection -> takeAway(connection, epoch, known)));
        } catch (ShooflyException e) {
            if (!(e.getCause() instanceof SQLException cause) || !PostgresErrors.isLockConflict(cause)) {
                throw e;
            }
            // A dump that reads every table would be waited for, for hours.
            LOG.info("{} keeps its primary key: {}", plan.shadow(), e.getMessage());
            return false;
        }
    }

    private boolean takeAway(Connection connection, long epoch, SwapState.Deferred known) throws SQLException {
        // An owner that was held up for minutes must not empty what its successor has filled. Shared until the commit:
        // either this sees the takeover, or who takes over waits.
        MigrationRows.requireOwner(connection, plan.id(), epoch, MigrationState.COPYING);
        // Appliers first, as in the swap: one that is inside a batch is waited for before the shadow is locked.
        ProgressRows.lockAll(connection, plan.id());
        if (isMissing(connection)) {
            // By a try whose commit was not heard of.
            return true;
        }
        if (SegmentRows.isBegun(connection, plan.id()) || !isAsMade(connection)) {
            return false;
        }
        ConnectionPool.execute(connection, "SET LOCAL lock_timeout = '1s'");
        // With the key there is still what a publication of all tables demands of a DELETE.
        ConnectionPool.execute(connection, "DELETE FROM " + quote(plan.shadow()));
        try {
            ConnectionPool.execute(
                    connection, "ALTER TABLE " + quote(plan.shadow()) + " DROP CONSTRAINT " + quote(known.name()));
        } catch (SQLException e) {
            if (!DEPENDENT_OBJECTS.equals(e.getSQLState())) {
                throw e;
            }
            LOG.info("{} keeps its primary key: {}", plan.shadow(), SqlErrors.serverSaid(e));
            connection.rollback();
            return false;
        }
        return true;
    }

    /** Without the other late indexes. A unique one that is there already would meet values that move during the copy. */
    private boolean isAsMade(Connection connection) throws SQLException {
        List<String> present = PostgresCatalog.texts(
                connection,
                "SELECT c.relname FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid"
                        + " WHERE i.indrelid = pg_catalog.to_regclass(?)",
                quote(plan.shadow()));
        return state.deferred().stream().noneMatch(late -> present.contains(late.name()));
    }

    /**
     * After its index was built. Repeatable. Somebody who reads the shadow (a dump of the whole database) is waited for.
     *
     * @return false when {@code mayGoOn} said so
     */
    boolean attach(BooleanSupplier mayGoOn) throws SQLException {
        boolean told = false;
        while (mayGoOn.getAsBoolean()) {
            try {
                attachNow();
                return true;
            } catch (SQLException e) {
                if (!PostgresErrors.isLockConflict(e)) {
                    throw e;
                }
                if (!told) {
                    LOG.warn(
                            "{} waits for its primary key, and every change with it, as long as somebody reads that table"
                                    + " (pg_locks tells who): {}",
                            plan.shadow(),
                            SqlErrors.serverSaid(e));
                    told = true;
                }
            }
        }
        return false;
    }

    private void attachNow() throws SQLException {
        SwapState.Deferred known = key;
        if (known == null) {
            return;
        }
        try (Connection connection = PostgresSession.connect(pool.profile())) {
            if (isMissing(connection)) {
                // The columns have stayed NOT NULL, so nothing is read for it.
                ConnectionPool.execute(
                        connection,
                        "ALTER TABLE " + quote(plan.shadow()) + " ADD CONSTRAINT " + quote(known.name())
                                + " PRIMARY KEY USING INDEX " + quote(known.name()));
            }
        }
    }
}
