package dev.shoofly.database.postgres;

import dev.shoofly.database.postgres.PostgresKeys.Side;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;

/** Makes the shadow rows of some keys equal to the source, in two statements. Each locks the shadow before the source. */
final class ReconcileStatements {
    private final PostgresKeys keys;
    private final String delete;
    private final String upsert;

    ReconcileStatements(MigrationPlan plan) {
        PostgresProjection projection = new PostgresProjection(plan);
        this.keys = new PostgresKeys(plan.key());
        this.delete = "DELETE FROM " + projection.shadow() + " AS t WHERE " + keys.among(Side.SHADOW, "t")
                + " AND NOT EXISTS (SELECT 1 FROM " + projection.source() + " AS s WHERE " + keys.same("s", "t") + ")";
        // Sorted as the copy is, so that two writers take the rows of the primary key in one order.
        this.upsert = "INSERT INTO " + projection.shadow() + " (" + projection.targets() + ") SELECT "
                + projection.values() + " FROM " + projection.source() + " AS s WHERE "
                + keys.among(Side.SOURCE, "s") + " ORDER BY " + keys.columns(Side.SOURCE, "s") + " ON CONFLICT ("
                + keys.arbiter() + ") DO UPDATE SET " + projection.assignments();
    }

    /** The deletes come first: they free unique values for the rows that took them. */
    void run(Connection connection, List<RowKey> batch) throws SQLException {
        execute(connection, delete, batch);
        execute(connection, upsert, batch);
    }

    private void execute(Connection connection, String sql, List<RowKey> batch) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            keys.bind(statement, 1, batch);
            statement.executeUpdate();
        }
    }
}
