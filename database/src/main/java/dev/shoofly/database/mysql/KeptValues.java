package dev.shoofly.database.mysql;

import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShadowNames;
import dev.shoofly.model.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * On the way back: what rows of the old table have in columns that the new one lacks; and the other way round when the migration
 * goes forward again. A row that is deleted only to make room
 * for a unique value, and written again, must have it again; so it is put aside in the transaction that deletes the row, and
 * given back in the one that writes it. In the caller's transactions, and also under LOCK TABLES: no aliases.
 */
final class KeptValues {
    private final MigrationSql sql;
    private final String table;
    private final List<String> columns;

    KeptValues(MigrationSql sql) {
        this.sql = sql;
        this.table = name(sql.plan());
        this.columns = DialectState.of(sql.plan()).kept().stream()
                .map(MySqlNames::quote)
                .toList();
    }

    /** Quoted. */
    static String name(MigrationPlan plan) {
        return quoted(ShadowNames.kept(plan));
    }

    private static String quoted(String table) {
        return MySqlNames.quote(new TableName("shoofly", table));
    }

    /** Nothing when nothing is kept. Repeatable. */
    static void create(Connection connection, MigrationPlan plan) throws SQLException {
        List<String> kept = DialectState.of(plan).kept();
        if (kept.isEmpty()) {
            return;
        }
        String key = MySqlNames.list(
                plan.key().columns().stream().map(column -> column.shadowName()).toList());
        ConnectionPool.execute(
                connection,
                "CREATE TABLE IF NOT EXISTS " + name(plan) + " (PRIMARY KEY (" + key
                        + ")) ENGINE=InnoDB AS SELECT " + key + ", " + MySqlNames.list(kept) + " FROM "
                        + MySqlNames.quote(plan.shadow()) + " WHERE FALSE");
    }

    /** Of both directions of this swap. Nothing may be reconciled in either. */
    static void drop(Connection connection, MigrationPlan plan) throws SQLException {
        for (String table : ShadowNames.kept(plan.id(), plan.round())) {
            ConnectionPool.execute(connection, "DROP TABLE IF EXISTS " + quoted(table));
        }
    }

    /** Whether there is anything that could be lost. */
    boolean isNeeded() {
        return !columns.isEmpty();
    }

    /** Before these rows are deleted, whose locks the caller holds. */
    void putAside(Connection connection, List<RowKey> keys) throws SQLException {
        if (!isNeeded() || keys.isEmpty()) {
            return;
        }
        String all = sql.shadowKey().columns("") + ", " + String.join(", ", columns);
        SqlText.of("REPLACE INTO " + table + " (" + all + ") SELECT " + all + sql.fromShadow() + " WHERE ")
                .add(sql.shadowKey().in("", keys))
                .update(connection);
    }

    /** After these rows were written, or found to be gone. */
    void giveBack(Connection connection, List<RowKey> keys) throws SQLException {
        if (!isNeeded() || keys.isEmpty()) {
            return;
        }
        // Read after the rows' locks were had: whoever put one aside has committed by now.
        SqlText any = SqlText.of("SELECT 1 FROM " + table + " WHERE ")
                .add(sql.shadowKey().in("", keys));
        if (!any.add(" LIMIT 1").findsRow(connection)) {
            return;
        }
        List<String> assignments = new ArrayList<>();
        columns.forEach(column -> assignments.add(sql.shadow() + "." + column + " = " + table + "." + column));
        String same = sql.shadowKey().parts().stream()
                .map(part -> sql.shadow() + "." + part.column() + " = " + table + "." + part.column())
                .collect(Collectors.joining(" AND "));
        SqlText.of("UPDATE " + sql.shadow() + " JOIN " + table + " ON " + same + " SET "
                        + String.join(", ", assignments) + " WHERE ")
                .add(sql.shadowKey().in(table + ".", keys))
                .update(connection);
        SqlText.of("DELETE FROM " + table + " WHERE ")
                .add(sql.shadowKey().in("", keys))
                .update(connection);
    }
}
