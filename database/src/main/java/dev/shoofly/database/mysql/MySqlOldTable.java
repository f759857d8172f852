package dev.shoofly.database.mysql;

import dev.shoofly.database.OldTable;
import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.ShooflyException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Drops the old table on a connection of its own, whose settings are not those of our other sessions. */
final class MySqlOldTable implements OldTable {
    private static final Logger LOG = LoggerFactory.getLogger(MySqlOldTable.class);
    /** A foreign key of another table points at it. */
    private static final List<Integer> STILL_NEEDED = List.of(3730, 1217);

    private final ConnectionPool pool;
    private final MigrationPlan plan;

    MySqlOldTable(ConnectionPool pool, MigrationPlan plan) {
        this.pool = pool;
        this.plan = plan;
    }

    @Override
    public Optional<String> drop(Duration lockTimeout) {
        try (Connection connection = MySqlSession.connect(pool.profile())) {
            if (!MySqlCatalog.exists(connection, plan.old())) {
                // Somebody dropped it, or a process that ended then: its database may be left.
                dropItsDatabase(connection);
                return Optional.empty();
            }
            if (!MySqlCatalog.exists(connection, plan.source())) {
                throw refused("there is no " + plan.source() + " any more, so it may be the last copy", null);
            }
            // Whole seconds are all that it counts in. With the checks on: a parent must not be taken from its
            // children.
            ConnectionPool.execute(
                    connection,
                    "SET SESSION lock_wait_timeout = " + Math.max(1, lockTimeout.toSeconds())
                            + ", foreign_key_checks = 1");
            ConnectionPool.execute(connection, "DROP TABLE IF EXISTS " + MySqlNames.quote(plan.old()));
            dropItsDatabase(connection);
            return Optional.empty();
        } catch (SQLException e) {
            if (MySqlErrors.isContention(e) || SqlErrors.isTransient(e)) {
                return Optional.of(SqlErrors.serverSaid(e) + holders());
            }
            throw refused(
                    STILL_NEEDED.contains(e.getErrorCode())
                            ? "a foreign key of another table points at it: " + SqlErrors.serverSaid(e)
                            : SqlErrors.serverSaid(e),
                    e);
        }
    }

    /** Where it had one of the migration's own. The table is gone: a database that stays is no reason to say otherwise. */
    private void dropItsDatabase(Connection connection) throws SQLException {
        try {
            ShadowSchemas.dropEmpty(connection, plan.old().schema());
        } catch (SQLException e) {
            if (MySqlErrors.isContention(e) || SqlErrors.isTransient(e)) {
                throw e;
            }
            LOG.warn(
                    "the empty database {} is left, and yours to drop: {}",
                    plan.old().schema(),
                    SqlErrors.serverSaid(e));
        }
    }

    private String holders() {
        List<String> holders = pool.with(
                "looking who uses " + plan.old(), connection -> new MySqlBlockers(plan.old()).holders(connection));
        return holders.isEmpty() ? "" : ". " + String.join("; ", holders);
    }

    private ShooflyException refused(String why, @Nullable SQLException cause) {
        String words = "the old table " + plan.old() + " is not dropped: " + why + ". It is yours to drop.";
        return cause == null
                ? new ShooflyException(ErrorKind.REFUSED, words)
                : new ShooflyException(ErrorKind.REFUSED, words, cause);
    }
}
