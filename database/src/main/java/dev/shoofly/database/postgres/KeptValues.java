package dev.shoofly.database.postgres;

import static dev.shoofly.database.connection.ConnectionPool.execute;
import static dev.shoofly.database.postgres.PostgresNames.quote;

import dev.shoofly.database.postgres.PostgresKeys.Side;
import dev.shoofly.model.KeyColumn;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShadowNames;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.Collectors;

/**
 * On the way back: what rows of the old table have in columns that the new one lacks; and the other way round when the migration
 * goes forward again. A row that is deleted only to make room
 * for a unique value, and written again, must have it again; so it is put aside by the statement that deletes the row, and
 * given back in the transaction that writes it.
 */
final class KeptValues {
    private final List<String> columns;
    private final String putAside;
    private final String any;
    private final String giveBack;
    private final String forget;
    private final PostgresKeys keys;

    KeptValues(MigrationPlan plan) {
        this.keys = new PostgresKeys(plan.key());
        this.columns =
                SwapState.of(plan).kept().stream().map(PostgresNames::quote).toList();
        String table = name(plan);
        String all = keyNames(plan.key().columns()) + ", " + String.join(", ", columns);
        String updates =
                columns.stream().map(column -> column + " = EXCLUDED." + column).collect(Collectors.joining(", "));
        this.putAside = "INSERT INTO " + table + " (" + all + ") SELECT " + all + " FROM gone ON CONFLICT ("
                + keyNames(plan.key().columns()) + ") DO UPDATE SET " + updates;
        String assignments =
                columns.stream().map(column -> column + " = k." + column).collect(Collectors.joining(", "));
        String same = plan.key().columns().stream()
                .map(column -> "t." + quote(column.shadowName()) + " = k." + quote(column.shadowName()))
                .collect(Collectors.joining(" AND "));
        this.any = "SELECT 1 FROM " + table + " AS k WHERE " + keys.among(Side.SHADOW, "k") + " LIMIT 1";
        this.giveBack = "UPDATE " + quote(plan.shadow()) + " AS t SET " + assignments + " FROM " + table
                + " AS k WHERE " + same + " AND " + keys.among(Side.SHADOW, "k");
        this.forget = "DELETE FROM " + table + " AS k WHERE " + keys.among(Side.SHADOW, "k");
    }

    /** Quoted. */
    private static String name(MigrationPlan plan) {
        return quote("shoofly", ShadowNames.kept(plan));
    }

    private static String keyNames(List<KeyColumn> key) {
        return key.stream().map(column -> quote(column.shadowName())).collect(Collectors.joining(", "));
    }

    /** Nothing when nothing is kept. Repeatable. */
    static void create(Connection connection, MigrationPlan plan) throws SQLException {
        if (SwapState.of(plan).kept().isEmpty()) {
            return;
        }
        String key = keyNames(plan.key().columns());
        String kept =
                SwapState.of(plan).kept().stream().map(PostgresNames::quote).collect(Collectors.joining(", "));
        String table = name(plan);
        execute(
                connection,
                "CREATE TABLE IF NOT EXISTS " + table + " AS SELECT " + key + ", " + kept + " FROM "
                        + quote(plan.shadow()) + " WHERE false");
        execute(
                connection,
                "CREATE UNIQUE INDEX IF NOT EXISTS " + quote(ShadowNames.kept(plan) + "_key") + " ON " + table + " ("
                        + key + ")");
    }

    /** Of both directions of this swap. Nothing may be reconciled in either. */
    static void drop(Connection connection, MigrationPlan plan) throws SQLException {
        for (String table : ShadowNames.kept(plan.id(), plan.round())) {
            execute(connection, "DROP TABLE IF EXISTS " + quote("shoofly", table));
        }
    }

    /** Whether there is anything that could be lost. */
    boolean isNeeded() {
        return !columns.isEmpty();
    }

    /** A statement that puts aside what a common table expression {@code gone} returns, with the columns of the old table. */
    String putAside() {
        return putAside;
    }

    /** After these rows were written, or found to be gone. */
    void giveBack(Connection connection, List<RowKey> batch) throws SQLException {
        if (!isNeeded() || batch.isEmpty()) {
            return;
        }
        // A statement of its own, after the rows' locks were had: whoever put one aside has committed by now.
        try (PreparedStatement statement = connection.prepareStatement(any)) {
            keys.bind(statement, 1, batch);
            if (!statement.executeQuery().next()) {
                return;
            }
        }
        for (String sql : List.of(giveBack, forget)) {
            try (PreparedStatement statement = connection.prepareStatement(sql)) {
                keys.bind(statement, 1, batch);
                statement.executeUpdate();
            }
        }
    }
}
