package dev.shoofly.database.mysql;

import dev.shoofly.model.RowKey;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Rows of the shadow that share the values of a unique index which it lacks yet. The source keeps these values apart, so all
 * such rows but one are stale, and become what the source holds now.
 */
final class StaleDuplicates {
    /** Shared values that are looked at in one round. */
    private static final int AT_A_TIME = 1_000;

    private final MigrationSql sql;
    private final MySqlReconciler reconciler;

    StaleDuplicates(MigrationSql sql, MySqlReconciler reconciler) {
        this.sql = sql;
        this.reconciler = reconciler;
    }

    /** @return rows brought up to date; 0: there were none when it looked */
    int settle(Connection connection, List<String> columns) throws SQLException {
        List<RowKey> keys = find(connection, columns);
        for (int at = 0; at < keys.size(); at += ReconcileSql.BATCH) {
            reconciler.bringUpToDate(keys.subList(at, Math.min(keys.size(), at + ReconcileSql.BATCH)));
        }
        return keys.size();
    }

    private List<RowKey> find(Connection connection, List<String> columns) throws SQLException {
        String quoted = columns.stream().map(MySqlNames::quote).collect(Collectors.joining(", "));
        String notNull = columns.stream()
                .map(column -> MySqlNames.quote(column) + " IS NOT NULL")
                .collect(Collectors.joining(" AND "));
        String same = columns.stream()
                .map(MySqlNames::quote)
                .map(column -> "s." + column + " = d." + column)
                .collect(Collectors.joining(" AND "));
        return SqlText.of("SELECT " + sql.shadowKey().texts("s.") + " FROM " + sql.shadow() + " AS s JOIN (SELECT "
                        + quoted + " FROM " + sql.shadow() + " WHERE " + notNull + " GROUP BY " + quoted
                        + " HAVING COUNT(*) > 1 LIMIT " + AT_A_TIME + ") AS d ON " + same)
                .list(connection, sql.shadowKey()::read);
    }
}
