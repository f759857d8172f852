package dev.shoofly.database.control;

import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.ShooflyException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * {@code shoofly.drained_offsets}: what a swap has reconciled itself, noted before the names change where these and the
 * control rows cannot commit together. A swap that records itself takes the note away in the same transaction; one that is
 * found by its names alone has left it. Each swap has a name for the old table that none had before, so a note is never
 * taken for another swap's.
 */
public final class DrainedRows {
    private DrainedRows() {}

    /**
     * Replaces what an attempt before has left. In a transaction that is committed before the names change.
     *
     * @param nextOffsets per partition, behind what the swap has reconciled
     * @param marker before which everything is reconciled
     * @throws ShooflyException SUPERSEDED when the epoch is another; nothing was written
     */
    public static void note(
            Connection connection, MigrationPlan plan, long epoch, Map<Integer, Long> nextOffsets, long marker)
            throws SQLException {
        MigrationRows.requireOwnedUnder(connection, plan.id(), epoch);
        forget(connection, plan);
        if (nextOffsets.isEmpty()) {
            return;
        }
        // One statement for all partitions: applications wait for it.
        List<Object> values = new ArrayList<>();
        nextOffsets.forEach((partition, next) ->
                values.addAll(List.of(plan.id().value(), partition, plan.old().toString(), next, marker)));
        Sql.update(
                connection,
                "INSERT INTO shoofly.drained_offsets (migration_id, partition_number, old_table, next_offset, marker)"
                        + " VALUES " + String.join(", ", Collections.nCopies(nextOffsets.size(), "(?, ?, ?, ?, ?)")),
                values.toArray());
    }

    /** In the transaction that records the swap, and before the names change: who finds these changed waits for its end. */
    public static void forget(Connection connection, MigrationPlan plan) throws SQLException {
        Sql.update(
                connection,
                "DELETE FROM shoofly.drained_offsets WHERE migration_id = ?",
                plan.id().value());
    }

    /**
     * After the names have told that the swap happened: lets the appliers of the other direction begin behind what it has
     * reconciled, if it died before it could record that. In a transaction.
     *
     * @return whether a note was left
     */
    public static boolean redeem(Connection connection, MigrationPlan plan) throws SQLException {
        Map<Integer, Long> left = new HashMap<>();
        long marker = 0;
        try (PreparedStatement statement = Sql.prepare(
                        connection,
                        "SELECT partition_number, next_offset, marker FROM shoofly.drained_offsets WHERE migration_id = ?"
                                + " AND old_table = ? ORDER BY partition_number FOR UPDATE",
                        plan.id().value(),
                        plan.old().toString());
                ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                left.put(rows.getInt(1), rows.getLong(2));
                marker = Math.max(marker, rows.getLong(3));
            }
        }
        if (left.isEmpty()) {
            return false;
        }
        ProgressRows.raiseAll(connection, plan.id(), left, marker);
        forget(connection, plan);
        return true;
    }
}
