package dev.shoofly.database.postgres;

import static dev.shoofly.database.connection.ConnectionPool.execute;
import static dev.shoofly.database.postgres.PostgresNames.quote;

import dev.shoofly.database.OldTable;
import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.ShooflyException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A plain DROP: without CASCADE, so that nobody loses a view or a sequence by it, and without waiting long. */
final class PostgresOldTable implements OldTable {
    private static final String STILL_NEEDED = "2BP01";
    private final ConnectionPool pool;
    private final MigrationPlan plan;

    PostgresOldTable(ConnectionPool pool, MigrationPlan plan) {
        this.pool = pool;
        this.plan = plan;
    }

    @Override
    public Optional<String> drop(Duration lockTimeout) {
        try (Connection connection = PostgresSession.connect(pool.profile())) {
            if (PostgresCatalog.oid(connection, plan.old()).isEmpty()) {
                return Optional.empty();
            }
            if (PostgresCatalog.oid(connection, plan.source()).isEmpty()) {
                throw refused("there is no " + plan.source() + " any more, so it may be the last copy", null);
            }
            execute(connection, "SET lock_timeout = " + Math.max(1, lockTimeout.toMillis()));
            execute(connection, "DROP TABLE IF EXISTS " + quote(plan.old()));
            return Optional.empty();
        } catch (SQLException e) {
            if (PostgresErrors.isLockTimeout(e) || PostgresErrors.isLockConflict(e)) {
                return Optional.of(SqlErrors.serverSaid(e) + ". Holder: "
                        + pool.with(
                                "looking who uses " + plan.old(),
                                connection -> TableHolders.describe(connection, plan.old())));
            }
            if (SqlErrors.isTransient(e)) {
                return Optional.of(SqlErrors.serverSaid(e));
            }
            throw refused(
                    STILL_NEEDED.equals(e.getSQLState())
                            ? "something depends on it: " + SqlErrors.serverSaid(e)
                            : SqlErrors.serverSaid(e),
                    e);
        }
    }

    private ShooflyException refused(String why, @Nullable SQLException cause) {
        String words = "the old table " + plan.old() + " is not dropped: " + why + ". It is yours to drop.";
        return cause == null
                ? new ShooflyException(ErrorKind.REFUSED, words)
                : new ShooflyException(ErrorKind.REFUSED, words, cause);
    }
}
