package dev.shoofly.database.control;

import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RollbackFeasibility;
import dev.shoofly.model.ShooflyException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The columns of {@code shoofly.migrations} that tell of the way back. Every write of an owner carries its epoch. */
public final class RollbackRows {
    /** In place of the time until which it waits for the word. */
    static final long CALLED_OFF = 1;

    /** What a rollback before this one was given up for is no reason for it to wait. */
    private static final String REQUESTED = "rollback_requested = 1, reason = NULLIF(left_to_do, '')";

    private final MigrationRows rows;

    RollbackRows(MigrationRows rows) {
        this.rows = rows;
    }

    public void saveFeasibility(MigrationId id, long epoch, RollbackFeasibility found) {
        rows.set(
                id,
                epoch,
                "rollback_verdict = ?, rollback_reasons = ?",
                found.verdict().name(),
                Json.write(found.reasons()));
    }

    /**
     * From now on appliers in other processes write the old table, too. In the transaction that makes it fit for that, where
     * the server can do that.
     *
     * @param windowEnds unless somebody has given it an end already, which stands
     * @throws ShooflyException SUPERSEDED when the epoch is another; nothing was written
     */
    public static void open(Connection connection, MigrationId id, long epoch, MigrationPlan plan, Instant windowEnds)
            throws SQLException {
        // Left by appliers that were late in an earlier window. Once this one is open, they are its own.
        Sql.update(
                connection,
                "DELETE FROM shoofly.misfits WHERE migration_id = ? AND EXISTS (SELECT 1 FROM shoofly.migrations"
                        + " WHERE id = ? AND epoch = ? AND back_plan IS NULL)",
                id.value(),
                id.value(),
                epoch);
        MigrationRows.set(
                connection,
                id,
                epoch,
                "back_plan = ?, window_ends_millis = CASE WHEN window_ends_millis > 0 THEN window_ends_millis ELSE ? END",
                Json.write(plan),
                windowEnds.toEpochMilli());
    }

    /** In the swap's transaction: whether somebody may want a way back from it. */
    public static boolean isWanted(Connection connection, MigrationId id) throws SQLException {
        try (PreparedStatement statement = Sql.prepare(
                        connection,
                        "SELECT 1 FROM shoofly.migrations WHERE id = ? AND rollback_verdict IN ('SAFE', 'RISKY')",
                        id.value());
                ResultSet row = statement.executeQuery()) {
            return row.next();
        }
    }

    /**
     * In the swap's transaction: what the new table looks like at that moment. What differs when the way back is opened was
     * changed in between, by somebody else.
     */
    public static void saveLive(Connection connection, MigrationId id, String definition) throws SQLException {
        Sql.update(
                connection, "UPDATE shoofly.migrations SET live_definition = ? WHERE id = ?", definition, id.value());
    }

    /** Null: it was not noted. */
    public static @Nullable String live(Connection connection, MigrationId id) throws SQLException {
        try (PreparedStatement statement = Sql.prepare(
                        connection, "SELECT live_definition FROM shoofly.migrations WHERE id = ?", id.value());
                ResultSet row = statement.executeQuery()) {
            return row.next() ? row.getString(1) : null;
        }
    }

    /** The way back is given up, or no longer needed; it is not opened again. */
    public void close(MigrationId id, long epoch) {
        rows.set(id, epoch, "back_plan = NULL, window_ends_millis = greatest(window_ends_millis, 1)");
    }

    /** Anybody's word; the owner hears it at its next look, or when it is started. */
    public void request(MigrationId id, long epoch) {
        rows.set(id, epoch, REQUESTED);
    }

    /**
     * As above, by a condition; what was said with an earlier request does not count. Repeated after a commit that was not heard
     * of, it stands in the log twice.
     *
     * @param why for the log
     * @param reason for {@code status}
     */
    public void requestBecause(MigrationId id, long epoch, String why, String reason) {
        rows.inTransaction("asking for the old table of " + id, connection -> {
            MigrationRows.set(connection, id, epoch, REQUESTED + ", keep_millis = 0");
            MigrationRows.saveReason(connection, id, epoch, reason);
            MigrationRows.log(connection, id, "AUTO ROLLBACK", why);
            return true;
        });
    }

    /**
     * As above, by a command, which is answered with it.
     *
     * @param answer for who asked
     * @throws ShooflyException SUPERSEDED when the epoch is another; nothing was written
     */
    public void request(Command word, long epoch, String answer) {
        rows.inTransaction("asking for the old table of " + word.migration(), connection -> {
            MigrationRows.set(connection, word.migration(), epoch, REQUESTED);
            CommandRows.answer(connection, word, answer);
            return true;
        });
    }

    /**
     * The window ends now, by a command, which is answered with it; a rollback that was asked for before is not made.
     *
     * @param answer for who asked
     * @throws ShooflyException SUPERSEDED when the epoch is another; nothing was written
     */
    public void complete(Command word, long epoch, Instant now, String answer) {
        rows.inTransaction("closing the rollback window of " + word.migration(), connection -> {
            MigrationRows.set(
                    connection,
                    word.migration(),
                    epoch,
                    "rollback_requested = 0, window_ends_millis = ?",
                    now.toEpochMilli());
            CommandRows.answer(connection, word, answer);
            return true;
        });
    }

    /**
     * Nobody wants it any more: the attempts are used up, or it is not possible now. With that the window gets another end, so
     * that who asked can ask again. Repeatable with the same times, also when the first commit's answer was lost.
     *
     * @param ends as the caller knows it
     * @param longer the other end; {@code ends}: it stays
     * @return whether {@code longer} is the end now; false: it has one that was given by a word, and stands
     * @throws ShooflyException SUPERSEDED when the epoch is another; nothing was written
     */
    public boolean giveUp(MigrationId id, long epoch, String reason, Instant ends, Instant longer) {
        return rows.inTransaction("giving a rollback of " + id + " up", connection -> {
            MigrationRows.set(connection, id, epoch, "rollback_requested = 0");
            MigrationRows.saveReason(connection, id, epoch, reason);
            long found = windowEnds(connection, id);
            if (found == ends.toEpochMilli()) {
                MigrationRows.set(connection, id, epoch, "window_ends_millis = ?", longer.toEpochMilli());
                return true;
            }
            return found == longer.toEpochMilli();
        });
    }

    private static long windowEnds(Connection connection, MigrationId id) throws SQLException {
        try (PreparedStatement statement = Sql.prepare(
                        connection, "SELECT window_ends_millis FROM shoofly.migrations WHERE id = ?", id.value());
                ResultSet row = statement.executeQuery()) {
            return row.next() ? row.getLong(1) : 0;
        }
    }

    /**
     * In the transaction of the swap back, or in one that ends with it.
     *
     * @throws ShooflyException SUPERSEDED when the epoch is another; nothing was written
     */
    public static void swappedBack(Connection connection, MigrationId id, long epoch) throws SQLException {
        int changed = Sql.update(
                connection,
                "UPDATE shoofly.migrations SET swapped_back = 1, updated_at = CURRENT_TIMESTAMP(3)"
                        + " WHERE id = ? AND epoch = ? AND state = 'CUTOVER'",
                id.value(),
                epoch);
        if (changed == 0) {
            throw MigrationRows.superseded(id, epoch);
        }
        MigrationRows.log(connection, id, "SWAPPED BACK", null);
    }

    /** As above, found by the tables' names. */
    public void swappedBack(MigrationId id, long epoch) {
        rows.set(id, epoch, "swapped_back = 1");
    }

    /**
     * What becomes of the migration when the old table is brought back; with the word for that, and before it. Anybody's.
     *
     * @param keptFor zero: it ends
     */
    public void keep(MigrationId id, Duration keptFor) {
        rows.setByAnybody(id, "keep_millis = ?", keptFor.toMillis());
    }

    /**
     * The old table is back, and the migration goes on as one whose shadow is the new table. In the transaction that makes it
     * one, where the server can do that. Repeatable under the same epoch. What the swap back left to do is of the table that
     * serves, and stays the reason until the next swap.
     *
     * @param plan of the next swap
     * @throws ShooflyException SUPERSEDED when the epoch is another, or nothing was swapped back; nothing was written
     */
    public static void forwardAgain(
            Connection connection, MigrationId id, long epoch, MigrationPlan plan, Instant until) throws SQLException {
        int changed = Sql.update(
                connection,
                "UPDATE shoofly.migrations SET plan = ?, plan_round = ?, state = 'SYNCHRONIZING', resume_state = NULL, reason = NULLIF(left_to_do, ''),"
                        + " back_plan = NULL, window_ends_millis = 0, rollback_requested = 0, swapped_back = 0,"
                        + " rollback_verdict = NULL, rollback_reasons = NULL, live_definition = NULL, keep_millis = 0,"
                        + " forward_until_millis = ?, cutover_approved = 0, gates = NULL, forced_gates = NULL, rows_verified = 0, mismatches = 0,"
                        + " updated_at = CURRENT_TIMESTAMP(3)"
                        + " WHERE id = ? AND epoch = ? AND state = 'CUTOVER' AND swapped_back = 1",
                Json.write(plan),
                plan.round(),
                until.toEpochMilli(),
                id.value(),
                epoch);
        if (changed == 0) {
            // A commit whose answer was lost with the connection has written it already.
            requireForwardAgain(connection, id, epoch);
            return;
        }
        // How far the way back was verified, and what did not fit there, says nothing of the way there.
        for (String table : List.of("verification", "misfits")) {
            Sql.update(connection, "DELETE FROM shoofly." + table + " WHERE migration_id = ?", id.value());
        }
        CommandRows.refuseTakenCancels(connection, id);
        MigrationRows.log(connection, id, "SYNCHRONIZING", "rolled back, and can go forward again until " + until);
    }

    /**
     * The time to go forward again is over, and nobody has given the word. From then on nobody is heard, in this process or in
     * another: what follows takes away what a swap would need. Repeatable.
     *
     * @param now by the caller's clock
     * @return false: the word was given, the time is not over, or the migration is not on its way to another swap (it may be
     *     paused, or have failed); nothing was written
     * @throws ShooflyException SUPERSEDED when the epoch is another
     */
    public boolean callOff(MigrationId id, long epoch, Instant now) {
        return rows.inTransaction("ending the time of " + id + " to go forward again", connection -> {
            int changed = Sql.update(
                    connection,
                    "UPDATE shoofly.migrations SET forward_until_millis = " + CALLED_OFF
                            + " WHERE id = ? AND epoch = ? AND state IN ('SYNCHRONIZING', 'VALIDATING', 'READY')"
                            + " AND cutover_approved = 0 AND forward_until_millis > 0 AND forward_until_millis <= ?",
                    id.value(),
                    epoch,
                    now.toEpochMilli());
            if (changed == 0) {
                MigrationRows.requireOwnedUnder(connection, id, epoch);
            }
            return changed > 0;
        });
    }

    private static void requireForwardAgain(Connection connection, MigrationId id, long epoch) throws SQLException {
        try (PreparedStatement statement = Sql.prepare(
                        connection,
                        "SELECT 1 FROM shoofly.migrations WHERE id = ? AND epoch = ? AND state = 'SYNCHRONIZING'"
                                + " AND forward_until_millis > 0",
                        id.value(),
                        epoch);
                ResultSet row = statement.executeQuery()) {
            if (!row.next()) {
                throw MigrationRows.superseded(id, epoch);
            }
        }
    }

    static Rollback read(ResultSet row) throws SQLException {
        String verdict = row.getString("rollback_verdict");
        String plan = row.getString("back_plan");
        long windowEnds = row.getLong("window_ends_millis");
        long keptFor = row.getLong("keep_millis");
        long forwardUntil = row.getLong("forward_until_millis");
        return new Rollback(
                verdict == null
                        ? null
                        : new RollbackFeasibility(
                                RollbackFeasibility.Verdict.valueOf(verdict),
                                reasons(row.getString("rollback_reasons"))),
                plan == null ? null : Json.read(plan, MigrationPlan.class),
                windowEnds == 0 ? null : Instant.ofEpochMilli(windowEnds),
                row.getInt("rollback_requested") == 1,
                row.getInt("swapped_back") == 1,
                keptFor == 0 ? null : Duration.ofMillis(keptFor),
                forwardUntil == 0 ? null : Instant.ofEpochMilli(forwardUntil),
                forwardUntil == CALLED_OFF);
    }

    private static List<String> reasons(@Nullable String json) {
        return json == null ? List.of() : Arrays.asList(Json.read(json, String[].class));
    }
}
