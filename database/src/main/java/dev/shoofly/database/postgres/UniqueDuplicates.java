package dev.shoofly.database.postgres;

import dev.shoofly.database.DuplicateRows;
import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.model.DuplicateRowsException;
import dev.shoofly.model.MigrationPlan;
import java.sql.SQLException;
import java.util.List;

/** Words the error for rows that really collide under a constraint of the shadow. */
final class UniqueDuplicates {
    private UniqueDuplicates() {}

    /** @param pairs empty where the values are the shadow's own, so that nothing more can be said */
    static DuplicateRowsException error(MigrationPlan plan, SQLException error, List<DuplicateRows.Pair> pairs) {
        String constraint = "the unique constraint or index \"" + name(plan, error) + "\"";
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
        String temporary = String.valueOf(PostgresErrors.constraint(error));
        return SwapState.of(plan).renames().stream()
                .filter(rename -> rename.temporary().equals(temporary))
                .map(SwapState.Rename::finalName)
                .findFirst()
                .orElse(temporary);
    }
}
