package dev.shoofly.database.postgres;

import static dev.shoofly.database.postgres.PostgresNames.quote;

import dev.shoofly.database.postgres.PostgresKeys.Side;
import dev.shoofly.model.MigrationPlan;
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
    /** Rows that are looked for in one round. */
    private static final int AT_A_TIME = 2_000;

    private static final int BATCH = 500;
    private final MigrationPlan plan;
    private final PostgresKeys keys;
    private final PostgresReconciler reconciler;

    StaleDuplicates(MigrationPlan plan, PostgresReconciler reconciler) {
        this.plan = plan;
        this.keys = new PostgresKeys(plan.key());
        this.reconciler = reconciler;
    }

    /** @return rows brought up to date; 0: there were none when it looked */
    int settle(Connection connection, List<String> columns) throws SQLException {
        List<RowKey> found = find(connection, columns);
        for (int at = 0; at < found.size(); at += BATCH) {
            reconciler.bringUpToDate(found.subList(at, Math.min(found.size(), at + BATCH)));
        }
        return found.size();
    }

    private List<RowKey> find(Connection connection, List<String> columns) throws SQLException {
        String values = columns.stream().map(column -> "t." + quote(column)).collect(Collectors.joining(", "));
        String notNull = columns.stream()
                .map(column -> "t." + quote(column) + " IS NOT NULL")
                .collect(Collectors.joining(" AND "));
        String sql = "SELECT " + keys.texts(Side.SHADOW, "t") + " FROM (SELECT " + keys.columns(Side.SHADOW, "t")
                + ", count(*) OVER (PARTITION BY " + values + ") AS \"shoofly sharers\" FROM " + quote(plan.shadow())
                + " AS t WHERE " + notNull + ") AS t WHERE t.\"shoofly sharers\" > 1 LIMIT " + AT_A_TIME;
        return PostgresCatalog.query(connection, sql, row -> keys.read(row, 1));
    }
}
