package dev.shoofly.database.postgres;

import static dev.shoofly.database.connection.ConnectionPool.execute;
import static dev.shoofly.database.postgres.PostgresNames.quote;

import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.database.postgres.PostgresKeys.Side;
import dev.shoofly.model.ColumnMapping;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds the row and the column behind a value that does not fit: the server names neither. Tries prefixes of the keys in
 * a temporary copy of the shadow, in a transaction that is always rolled back.
 */
final class OffendingRow {
    private static final String PROBE = "pg_temp.shoofly_probe";
    private final ConnectionPool pool;
    private final MigrationPlan plan;
    private final PostgresKeys keys;
    private final PostgresProjection projection;

    OffendingRow(ConnectionPool pool, MigrationPlan plan) {
        this.pool = pool;
        this.plan = plan;
        this.keys = new PostgresKeys(plan.key());
        this.projection = new PostgresProjection(plan);
    }

    /**
     * @param among in key order; one of them failed with {@code error}
     * @return the error to throw
     */
    ShooflyException explain(SQLException error, List<RowKey> among) {
        @Nullable RowKey key = null;
        @Nullable String column = PostgresErrors.column(error);
        try (Connection connection = pool.borrow()) {
            connection.setAutoCommit(false);
            try {
                execute(
                        connection,
                        "CREATE TEMPORARY TABLE shoofly_probe (LIKE " + projection.shadow()
                                + " INCLUDING CONSTRAINTS INCLUDING DEFAULTS INCLUDING GENERATED) ON COMMIT DROP");
                key = firstOffending(connection, among);
                if (key != null && column == null) {
                    column = offendingColumn(connection, key);
                }
            } finally {
                connection.rollback();
                connection.setAutoCommit(true);
            }
        } catch (SQLException e) {
            error.addSuppressed(e);
        }
        String constraint = PostgresErrors.constraint(error);
        return new ShooflyException(
                ErrorKind.DATA,
                "a row of " + plan.source() + " does not fit the new definition: "
                        + (column == null ? "" : "column \"" + column + "\", ")
                        + (constraint == null ? "" : "constraint \"" + constraint + "\", ")
                        + (key == null ? "one of the keys from " + among.get(0) : "first offending key " + key) + ": "
                        + SqlErrors.serverSaid(error)
                        + ". The original table is untouched. Correct the row or the alteration.",
                error);
    }

    /** The shortest failing prefix ends with the first offending row. */
    private @Nullable RowKey firstOffending(Connection connection, List<RowKey> among) throws SQLException {
        int fits = 0;
        int fails = among.size();
        if (fails == 0 || fits(connection, projection.targets(), projection.values(), among)) {
            return null;
        }
        while (fails - fits > 1) {
            int middle = (fits + fails) >>> 1;
            if (fits(connection, projection.targets(), projection.values(), among.subList(fits, middle))) {
                fits = middle;
            } else {
                fails = middle;
            }
        }
        return among.get(fits);
    }

    private @Nullable String offendingColumn(Connection connection, RowKey key) throws SQLException {
        for (ColumnMapping column : plan.projection().columns()) {
            // Only the type is on trial here: other columns stay empty, so their NOT NULLs and the checks must go.
            execute(connection, "DROP TABLE IF EXISTS " + PROBE);
            execute(
                    connection,
                    "CREATE TEMPORARY TABLE shoofly_probe AS SELECT " + quote(column.shadowColumn()) + " FROM "
                            + projection.shadow() + " WITH NO DATA");
            if (!fits(connection, quote(column.shadowColumn()), column.expression(), List.of(key))) {
                return column.shadowColumn();
            }
        }
        return null;
    }

    private boolean fits(Connection connection, String targets, String values, List<RowKey> batch) throws SQLException {
        execute(connection, "SAVEPOINT shoofly_probe");
        String sql = "INSERT INTO " + PROBE + " (" + targets + ") SELECT " + values + " FROM " + projection.source()
                + " AS s WHERE " + keys.among(Side.SOURCE, "s");
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            keys.bind(statement, 1, batch);
            statement.executeUpdate();
            return true;
        } catch (SQLException e) {
            if (!PostgresErrors.isDataError(e)) {
                throw e;
            }
            return false;
        } finally {
            execute(connection, "ROLLBACK TO SAVEPOINT shoofly_probe");
        }
    }
}
