package dev.shoofly.database.postgres;

import dev.shoofly.database.postgres.PostgresKeys.Side;
import dev.shoofly.model.KeyEquality;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes the shadow rows of some keys equal to the source, in one to three statements. They may read the source before
 * anything locks the shadow; that is no deadlock with the swap, which takes the shadow first, because the swap begins with
 * the progress rows, and the caller holds its own.
 */
final class ReconcileStatements {
    private final PostgresKeys keys;
    private final KeptValues kept;
    private final String absent;
    private final String delete;
    private final String upsert;
    private final String remove;
    /** Of several partitions at a time: only a guess at what is cheaper. */
    private volatile boolean deletesExpected;

    ReconcileStatements(MigrationPlan plan) {
        PostgresProjection projection = new PostgresProjection(plan);
        this.keys = new PostgresKeys(plan.key());
        this.kept = new KeptValues(plan);
        this.absent =
                "SELECT k.position FROM " + keys.numberedList(Side.SOURCE, "k") + " WHERE NOT EXISTS (SELECT 1 FROM "
                        + projection.source() + " AS s WHERE " + keys.sameAsListed("s", "k") + ")";
        this.delete = "DELETE FROM " + projection.shadow() + " AS t WHERE " + keys.among(Side.SHADOW, "t")
                + " AND NOT EXISTS (SELECT 1 FROM " + projection.source() + " AS s WHERE " + keys.same("s", "t") + ")";
        String removed = "DELETE FROM " + projection.shadow() + " AS t WHERE " + keys.among(Side.SHADOW, "t");
        this.remove = kept.isNeeded() ? "WITH gone AS (" + removed + " RETURNING t.*) " + kept.putAside() : removed;
        // Sorted as the copy is, so that two writers take the rows of the primary key in one order.
        this.upsert = "INSERT INTO " + projection.shadow() + " (" + projection.targets() + ") SELECT " + distinct(plan)
                + projection.values() + " FROM " + projection.source() + " AS s WHERE "
                + keys.among(Side.SOURCE, "s") + " ORDER BY " + keys.columns(Side.SOURCE, "s") + " ON CONFLICT ("
                + keys.arbiter() + ") DO UPDATE SET " + projection.assignments();
    }

    /**
     * Several spellings of one key ({@code 'a'} and {@code 'A'}) may be in the batch. A list of composite keys is made
     * distinct under the default collation, not the column's, so the join would give their row twice, which ON CONFLICT
     * refuses (21000).
     */
    private String distinct(MigrationPlan plan) {
        boolean spelled = plan.key().columns().stream().anyMatch(column -> column.equality() != KeyEquality.EXACT);
        return spelled && keys.size() > 1 ? "DISTINCT ON (" + keys.columns(Side.SOURCE, "s") + ") " : "";
    }

    /**
     * Where rows are deleted, the deletes come first: they free unique values for the rows that took them. Where none was
     * lately, the upsert does, and its count of rows tells that none was: that spares a look at the source for every key.
     * A row that is deleted after the statement that looked for it has a change of its own behind this batch, and so has
     * one that comes back; the DELETE looks once more itself.
     */
    void run(Connection connection, List<RowKey> batch) throws SQLException {
        write(connection, batch);
        kept.giveBack(connection, batch);
    }

    /** Takes rows out of the shadow that come back later, with what the projection does not cover. */
    void remove(Connection connection, List<RowKey> batch) throws SQLException {
        execute(connection, remove, batch);
    }

    private void write(Connection connection, List<RowKey> batch) throws SQLException {
        if (deletesExpected) {
            deletesExpected = deleteAbsent(connection, batch);
            execute(connection, upsert, batch);
            return;
        }
        int written;
        try {
            written = execute(connection, upsert, batch);
        } catch (SQLException e) {
            // A value that a deleted row may hold: the next try deletes first.
            deletesExpected |= PostgresErrors.isUniqueConflict(e);
            throw e;
        }
        // No key stands for two rows, so as many rows as keys are one for each.
        if (written < batch.size() && deleteAbsent(connection, batch)) {
            deletesExpected = true;
        }
    }

    private boolean deleteAbsent(Connection connection, List<RowKey> batch) throws SQLException {
        List<RowKey> gone = absent(connection, batch);
        if (!gone.isEmpty()) {
            execute(connection, delete, gone);
        }
        return !gone.isEmpty();
    }

    private List<RowKey> absent(Connection connection, List<RowKey> batch) throws SQLException {
        List<RowKey> found = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(absent)) {
            keys.bind(statement, 1, batch);
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    found.add(batch.get(rows.getInt(1) - 1));
                }
            }
        }
        return found;
    }

    private int execute(Connection connection, String sql, List<RowKey> batch) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            keys.bind(statement, 1, batch);
            return statement.executeUpdate();
        }
    }
}
