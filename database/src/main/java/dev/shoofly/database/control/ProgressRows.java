package dev.shoofly.database.control;

import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.ShooflyException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** {@code shoofly.apply_progress}: one row per partition, locked first by every applier transaction. */
public final class ProgressRows {
    private static final String COLUMNS = "SELECT partition_number, epoch, next_offset, marker, keys_applied,"
            + " swap_marker FROM shoofly.apply_progress WHERE migration_id = ?";
    private final ConnectionPool pool;

    ProgressRows(ConnectionPool pool) {
        this.pool = pool;
    }

    /** Creates the rows unless they exist. */
    public void create(MigrationId id, int partitions) {
        pool.inTransaction("creating the progress rows of " + id, connection -> {
            if (!select(connection, COLUMNS, id.value()).isEmpty()) {
                return 0;
            }
            for (int partition = 0; partition < partitions; partition++) {
                Sql.update(
                        connection,
                        "INSERT INTO shoofly.apply_progress (migration_id, partition_number) VALUES (?, ?)",
                        id.value(),
                        partition);
            }
            return partitions;
        });
    }

    /** The server's clock, by which the log has its commit times. */
    public Instant now() {
        return pool.with("reading the server's clock", connection -> {
            try (PreparedStatement statement = Sql.prepare(connection, "SELECT CURRENT_TIMESTAMP(6) AS time_now");
                    ResultSet row = statement.executeQuery()) {
                row.next();
                return MigrationRows.instant(row, "time_now");
            }
        });
    }

    /**
     * Makes the caller the owner of the partition: waits for a transaction of the former owner and raises the epoch, so
     * that no later one of it can commit.
     */
    public Progress claim(MigrationId id, int partition) {
        return pool.inTransaction("claiming partition " + partition + " of " + id, connection -> {
            Progress found = lockRow(connection, id, partition);
            Sql.update(
                    connection,
                    "UPDATE shoofly.apply_progress SET epoch = ? WHERE migration_id = ? AND partition_number = ?",
                    found.epoch() + 1,
                    id.value(),
                    partition);
            return new Progress(
                    partition,
                    found.epoch() + 1,
                    found.nextOffset(),
                    found.marker(),
                    found.keysApplied(),
                    found.swapMarker());
        });
    }

    public List<Progress> list(MigrationId id) {
        return pool.with(
                "reading the progress of " + id,
                connection -> select(connection, COLUMNS + " ORDER BY partition_number", id.value()));
    }

    /**
     * As {@link #list}, while the migration has this epoch; empty once it has another. Both are read in one statement and
     * so in one snapshot.
     */
    public List<Progress> listOwned(MigrationId id, long epoch) {
        return pool.with(
                "reading the progress of " + id,
                connection -> select(
                        connection,
                        COLUMNS + " AND EXISTS (SELECT 1 FROM shoofly.migrations m WHERE m.id = ? AND m.epoch = ?)"
                                + " ORDER BY partition_number",
                        id.value(),
                        id.value(),
                        epoch));
    }

    /**
     * Withdraws the permission to apply: nobody can claim a partition any more, and a transaction of an applier finds its
     * row gone. To be done before the topics are deleted.
     */
    public void remove(MigrationId id) {
        pool.with(
                "removing the progress rows of " + id,
                connection -> Sql.update(
                        connection, "DELETE FROM shoofly.apply_progress WHERE migration_id = ?", id.value()));
    }

    /**
     * Commits a marker. Where transactions become visible in the order in which the log has them, everything that the log
     * held before this call is visible once it returns.
     *
     * @throws ShooflyException SUPERSEDED when the migration has no marker row (any more)
     */
    public void barrier(MigrationId id) {
        pool.inTransaction("writing a marker of " + id, connection -> {
            int changed = Sql.update(
                    connection, "UPDATE shoofly.markers SET marker = marker + 1 WHERE migration_id = ?", id.value());
            if (changed == 0) {
                throw new ShooflyException(
                        ErrorKind.SUPERSEDED, "migration " + id + " was forgotten; nothing is applied");
            }
            return changed;
        });
    }

    /** The greatest marker that every partition has passed. */
    public long markerPassedByAll(MigrationId id) {
        return list(id).stream().mapToLong(Progress::marker).min().orElse(0);
    }

    /**
     * First statement of every applier transaction: a paused, superseded instance and its successor must not interleave
     * on one partition.
     */
    public static Progress lock(Connection connection, MigrationId id, int partition, long epoch) throws SQLException {
        Progress found = lockRow(connection, id, partition);
        if (found.epoch() != epoch) {
            throw superseded(id, partition);
        }
        return found;
    }

    /**
     * First step of the cut-over: the appliers pause on these rows. The swap reads the remainder from where they say, so one
     * that is missing is a partition of which nothing would be read.
     *
     * @throws ShooflyException REFUSED when they are not as many as there are partitions; SUPERSEDED when that is because the
     *     migration has another owner, or is gone
     */
    public static List<Progress> lockEvery(Connection connection, MigrationPlan plan, long epoch) throws SQLException {
        return requireEvery(lockAll(connection, plan.id()), connection, plan, epoch);
    }

    /** As {@link #lockEvery}, and {@link #joinHold} does not wait for it. PostgreSQL. */
    public static List<Progress> holdEvery(Connection connection, MigrationPlan plan, long epoch) throws SQLException {
        return requireEvery(
                select(
                        connection,
                        COLUMNS + " ORDER BY partition_number FOR NO KEY UPDATE",
                        plan.id().value()),
                connection,
                plan,
                epoch);
    }

    /**
     * Keeps the appliers away beside whoever has called {@link #holdEvery}, and also should that session be lost; waits for those
     * that were quicker then. PostgreSQL.
     */
    public static void joinHold(Connection connection, MigrationId id) throws SQLException {
        List<Progress> unused = select(connection, COLUMNS + " ORDER BY partition_number FOR KEY SHARE", id.value());
    }

    /**
     * Whether a transaction that has called {@link #lockEvery} is the one that still has the rows, so that no applier has written
     * since.
     */
    public static boolean areHeld(Connection connection, MigrationId id, List<Progress> locked) throws SQLException {
        // Had it been lost and the rows taken anew, an applier would have left its count of keys in them.
        return lockAll(connection, id).equals(locked);
    }

    private static List<Progress> requireEvery(
            List<Progress> found, Connection connection, MigrationPlan plan, long epoch) throws SQLException {
        if (found.size() != plan.partitions()) {
            MigrationRows.requireOwnedUnder(connection, plan.id(), epoch);
            throw new ShooflyException(
                    ErrorKind.REFUSED,
                    "the tables of " + plan.source() + " cannot be swapped: of " + plan.partitions()
                            + " progress rows there are " + found.size() + " (shoofly.apply_progress, migration "
                            + plan.id() + "). Without one nobody knows which changes of its partition are still to be"
                            + " applied, so somebody else must have removed it. Nothing was renamed. 'cancel "
                            + plan.id() + "' and start the migration again; after a swap there is no way back.");
        }
        return found;
    }

    /** The appliers pause on these rows. */
    public static List<Progress> lockAll(Connection connection, MigrationId id) throws SQLException {
        return select(connection, COLUMNS + " ORDER BY partition_number FOR UPDATE", id.value());
    }

    /** Keys that all appliers have come to so far; -1: nothing may be applied. Grows with every batch that has keys. */
    public static long keysApplied(Connection connection, MigrationId id) throws SQLException {
        return keysApplied(connection, id, "");
    }

    /**
     * Whether no applier transaction with keys has ended since {@link #keysApplied} said this and none is under way: those
     * that are are waited for, as long as the session waits for a lock. Holds no lock afterwards, so it must not be asked
     * within a transaction: whoever begins later sees what was committed before.
     */
    public static boolean isAtRestSince(Connection connection, MigrationId id, long keysApplied) throws SQLException {
        // First without locks: while changes are applied the answer is no, and nobody needs to wait for it.
        if (keysApplied < 0 || keysApplied(connection, id, "") != keysApplied) {
            return false;
        }
        try {
            return keysApplied(connection, id, " FOR SHARE") == keysApplied;
        } catch (SQLException e) {
            if (SqlErrors.isTransient(e) && !SqlErrors.isConnectionLoss(e)) {
                // One is under way for so long that it must not be waited for.
                return false;
            }
            throw e;
        }
    }

    private static long keysApplied(Connection connection, MigrationId id, String lock) throws SQLException {
        List<Progress> all = select(connection, COLUMNS + " ORDER BY partition_number" + lock, id.value());
        return all.isEmpty()
                ? -1
                : all.stream().mapToLong(Progress::keysApplied).sum();
    }

    /**
     * In the swap: appliers that wait on their rows see another epoch and stop.
     *
     * @param nextOffsets per partition, behind what the swap has reconciled itself
     * @param marker before which everything is reconciled
     */
    public static void raiseAll(Connection connection, MigrationId id, Map<Integer, Long> nextOffsets, long marker)
            throws SQLException {
        // One statement for all partitions: applications wait for it.
        StringBuilder sql = new StringBuilder("UPDATE shoofly.apply_progress SET epoch = epoch + 1,"
                + " updated_at = CURRENT_TIMESTAMP(3), swap_marker = greatest(swap_marker, ?)");
        List<Object> values = new ArrayList<>(List.of(marker));
        if (!nextOffsets.isEmpty()) {
            sql.append(", next_offset = greatest(next_offset, CASE partition_number");
            nextOffsets.forEach((partition, next) -> {
                sql.append(" WHEN ? THEN ?");
                values.add(partition);
                values.add(next);
            });
            sql.append(" ELSE next_offset END)");
        }
        values.add(id.value());
        Sql.update(connection, sql.append(" WHERE migration_id = ?").toString(), values.toArray());
    }

    /** In the transaction whose rows it describes. Never goes back. */
    public static void save(
            Connection connection, MigrationId id, int partition, long nextOffset, long marker, int keys)
            throws SQLException {
        Sql.update(
                connection,
                "UPDATE shoofly.apply_progress SET next_offset = greatest(next_offset, ?), marker = greatest(marker, ?),"
                        + " keys_applied = keys_applied + ?, updated_at = CURRENT_TIMESTAMP(3)"
                        + " WHERE migration_id = ? AND partition_number = ?",
                nextOffset,
                marker,
                keys,
                id.value(),
                partition);
    }

    /**
     * In a transaction that comes to some keys of a batch and is not its last: a copier that asks {@link #isAtRestSince} must
     * hear of them.
     */
    public static void count(Connection connection, MigrationId id, int partition, int keys) throws SQLException {
        save(connection, id, partition, 0, 0, keys);
    }

    private static Progress lockRow(Connection connection, MigrationId id, int partition) throws SQLException {
        List<Progress> found =
                select(connection, COLUMNS + " AND partition_number = ? FOR UPDATE", id.value(), partition);
        if (found.isEmpty()) {
            throw superseded(id, partition);
        }
        return found.get(0);
    }

    private static ShooflyException superseded(MigrationId id, int partition) {
        return new ShooflyException(
                ErrorKind.SUPERSEDED,
                "partition " + partition + " of migration " + id + " has another owner now, or the tables were swapped;"
                        + " this applier stops without writing");
    }

    private static List<Progress> select(Connection connection, String sql, Object... values) throws SQLException {
        List<Progress> found = new ArrayList<>();
        try (PreparedStatement statement = Sql.prepare(connection, sql, values);
                ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                found.add(new Progress(
                        rows.getInt(1),
                        rows.getLong(2),
                        rows.getLong(3),
                        rows.getLong(4),
                        rows.getLong(5),
                        rows.getLong(6)));
            }
        }
        return found;
    }
}
