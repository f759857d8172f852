package dev.shoofly.database.postgres;

import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.ShooflyException;
import java.sql.SQLException;
import java.util.List;

/** Words the error for rows that really collide under a constraint of the shadow. */
final class UniqueDuplicates {
    private UniqueDuplicates() {}

    /** @param pairs of keys; may be empty */
    static ShooflyException error(MigrationPlan plan, SQLException error, List<String> pairs) {
        String temporary = String.valueOf(PostgresErrors.constraint(error));
        String name = SwapState.of(plan).renames().stream()
                .filter(rename -> rename.temporary().equals(temporary))
                .map(SwapState.Rename::finalName)
                .findFirst()
                .orElse(temporary);
        return new ShooflyException(
                ErrorKind.DATA,
                "rows of " + plan.source() + " collide under the unique constraint or index \"" + name
                        + "\" of the new definition"
                        + (pairs.isEmpty() ? "" : ": keys " + String.join("; ", pairs)) + ". The server said: "
                        + SqlErrors.serverSaid(error)
                        + ". The original table is untouched. Remove the duplicates or the constraint.",
                error);
    }
}
