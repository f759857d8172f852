package dev.shoofly.database.postgres;

import dev.shoofly.database.DuplicateRows;
import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.model.DuplicateRowsException;
import dev.shoofly.model.MigrationPlan;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Words the error for rows that really collide under a constraint of the shadow. */
final class UniqueDuplicates {
    private UniqueDuplicates() {}

    /**
     * @param rule null: not known
     * @param pairs empty where the values are the shadow's own, so that nothing more can be said
     */
    static DuplicateRowsException error(
            MigrationPlan plan, SQLException error, @Nullable UniqueRule rule, List<DuplicateRows.Pair> pairs) {
        // Of a partitioned table the server names the partition's index.
        String known = rule == null ? name(plan, error) : finalName(plan, rule.name());
        String constraint = "the unique constraint or index \"" + known + "\"";
        if (!pairs.isEmpty()) {
            return new DuplicateRows(plan.source(), constraint, pairs).error(error);
        }
        return new DuplicateRowsException(
                "rows of " + plan.source() + " collide under " + constraint
                        + " of the new table, which takes values that"
                        + " the change adds. The server said: " + SqlErrors.serverSaid(error)
                        + ". The original table is untouched. Cancel the migration and change the constraint.",
                error);
    }

    /** As the operator knows it. */
    static String name(MigrationPlan plan, SQLException error) {
        return finalName(plan, String.valueOf(PostgresErrors.constraint(error)));
    }

    private static String finalName(MigrationPlan plan, String temporary) {
        return SwapState.of(plan).renames().stream()
                .filter(rename -> rename.temporary().equals(temporary))
                .map(SwapState.Rename::finalName)
                .findFirst()
                .orElse(temporary);
    }
}
