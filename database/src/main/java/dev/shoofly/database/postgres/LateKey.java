package dev.shoofly.database.postgres;

import static dev.shoofly.database.postgres.PostgresNames.quote;

import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.database.connection.Retry;
import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.database.control.ProgressRows;
import dev.shoofly.model.MigrationPlan;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The primary key of a shadow that is copied without one. Sorting it once costs less than keeping it up row by row, less log
 * for the capture to read, and the copy needs to look for nothing.
 *
 * <p>Why no row is lost or doubled: nothing is applied while the key is missing, and the server itself sees to that, for every
 * batch of an applier writes {@code ON CONFLICT} on the key's columns, which PostgreSQL refuses (42P10) where no unique
 * index is on them. So the copy is alone; it copies each range once, in the transaction that says so; and every change
 * made since it began is applied when the key is there again.
 */
final class LateKey {
    private static final Logger LOG = LoggerFactory.getLogger(LateKey.class);
    private static final Retry LOCK_CONFLICTS =
            new Retry(Duration.ofMinutes(2), Duration.ofMillis(20), Duration.ofSeconds(1), error -> {});

    private final ConnectionPool pool;
    private final MigrationPlan plan;
    private final SwapState.@Nullable Deferred key;

    LateKey(ConnectionPool pool, MigrationPlan plan) {
        this.pool = pool;
        this.plan = plan;
        this.key = SwapState.of(plan).key();
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
        try (PreparedStatement statement = connection.prepareStatement(
                "SELECT 1 FROM pg_catalog.pg_constraint WHERE conrelid = pg_catalog.to_regclass(?) AND contype = 'p'")) {
            statement.setString(1, quote(plan.shadow()));
            try (ResultSet row = statement.executeQuery()) {
                return !row.next();
            }
        }
    }

    /**
     * Before the first chunk, and before the end of the copy is looked for: what was applied until now is taken away with the
     * key. The rows are in the source, so the copy finds them; one that goes before it does is in the topic again.
     *
     * @return whether it is gone; otherwise the server has a reason to keep it, and nothing was changed
     */
    boolean takeAway() {
        SwapState.Deferred known = key;
        if (known == null) {
            return false;
        }
        String what = "taking the primary key from the empty " + plan.shadow();
        return LOCK_CONFLICTS.call(
                what,
                () -> pool.inTransaction(what, connection -> {
                    // Appliers first, as in the swap: one that is inside a batch is waited for before the shadow is
                    // locked.
                    ProgressRows.lockAll(connection, plan.id());
                    // With the key there is still what a publication of all tables demands of a DELETE.
                    ConnectionPool.execute(connection, "DELETE FROM " + quote(plan.shadow()));
                    try {
                        ConnectionPool.execute(
                                connection,
                                "ALTER TABLE " + quote(plan.shadow()) + " DROP CONSTRAINT " + quote(known.name()));
                    } catch (SQLException e) {
                        if (SqlErrors.isTransient(e) || PostgresErrors.isLockConflict(e)) {
                            throw e;
                        }
                        LOG.info("{} keeps its primary key: {}", plan.shadow(), SqlErrors.serverSaid(e));
                        connection.rollback();
                        return false;
                    }
                    return true;
                }));
    }

    /** After its index was built. Repeatable. */
    void attach() throws SQLException {
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
