package dev.shoofly.database.mysql;

import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;

/**
 * Repeats the transaction that writes a batch until it commits: after lock conflicts at once, after unique conflicts when
 * room was made. Every failure has rolled the whole batch back before anything else is done. Thread-safe.
 */
final class ReconcileLoop {
    private static final int MOST_TRIES = 200;
    private static final int TRIES_WITHOUT_PAUSE = 3;
    private static final int UPSERTS = 2;
    private static final Duration LONGEST_PAUSE = Duration.ofMillis(20);
    private final MigrationSql sql;
    private final MySqlConflicts conflicts;
    private final OffendingKey offendingKey;

    ReconcileLoop(MigrationSql sql, TwinTable twin) {
        this.sql = sql;
        this.conflicts = new MySqlConflicts(sql, twin);
        this.offendingKey = new OffendingKey(sql, twin);
    }

    /** Writes and commits, or rolls back and throws. */
    @FunctionalInterface
    interface Transaction {
        void run(ReconcileSql.Write how) throws SQLException;
    }

    /** @param cleared shadow rows of other keys that were deleted */
    record Result(int retries, int cleared) {}

    /**
     * @throws ShooflyException DATA for duplicates and values that do not fit; TRANSIENT when it does not end
     * @throws SQLException what the server says otherwise
     */
    Result run(Connection connection, List<RowKey> keys, Transaction transaction) throws SQLException {
        MigrationSql.Rows rows = MigrationSql.Rows.of(keys);
        int cleared = 0;
        int unique = 0;
        boolean conflict = false;
        SQLException last = null;
        for (int retries = 0; retries < MOST_TRIES; retries++) {
            ReconcileSql.Write how =
                    unique <= UPSERTS ? ReconcileSql.Write.UPSERT : ReconcileSql.Write.DELETE_AND_INSERT;
            try {
                if (conflict) {
                    cleared += makeRoom(connection, rows, unique);
                    conflict = false;
                }
                transaction.run(how);
                return new Result(retries, cleared);
            } catch (SQLException e) {
                last = e;
                if (isConflict(e, how)) {
                    unique++;
                    conflict = true;
                } else if (MySqlErrors.isData(e)) {
                    throw offendingKey.explain(connection, rows, e);
                } else if (!MySqlErrors.isContention(e)) {
                    throw e;
                }
                if (retries >= TRIES_WITHOUT_PAUSE) {
                    Pause.jittered(
                            LONGEST_PAUSE, "reconciling rows of " + sql.plan().source());
                }
            }
        }
        throw new ShooflyException(
                ErrorKind.TRANSIENT,
                "could not write " + keys.size() + " rows of " + sql.plan().source() + " to "
                        + sql.plan().shadow()
                        + " in " + MOST_TRIES + " tries; the last one said: "
                        + (last == null ? "nothing" : last.getMessage()) + ". Nothing of the batch was applied.",
                last);
    }

    private static boolean isConflict(SQLException error, ReconcileSql.Write how) {
        return switch (how) {
            case UPSERT -> MySqlErrors.isUniqueConflict(error);
            case DELETE_AND_INSERT -> MySqlErrors.isDuplicate(error);
        };
    }

    private int makeRoom(Connection connection, MigrationSql.Rows rows, int unique) throws SQLException {
        MySqlConflicts.Cleared made = conflicts.clear(connection, rows);
        if (!made.kept().isEmpty() || unique > 1) {
            conflicts.requireDistinct(connection, rows.and(made.kept()));
        }
        return made.cleared();
    }
}
