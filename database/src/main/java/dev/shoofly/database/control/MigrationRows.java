package dev.shoofly.database.control;

import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.database.connection.SqlWork;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.MigrationSpec;
import dev.shoofly.model.MigrationState;
import dev.shoofly.model.NativePlan;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.Strategy;
import dev.shoofly.model.TableName;
import dev.shoofly.model.throttle.ThrottleSettings;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Calendar;
import java.util.GregorianCalendar;
import java.util.List;
import java.util.Optional;
import java.util.TimeZone;
import org.jspecify.annotations.Nullable;

/** {@code shoofly.migrations} and its log. Every write of an owner carries its epoch. */
public final class MigrationRows {
    /** Hold what a migration needs while it is under way. */
    private static final List<String> STAGES = List.of(
            "segments",
            "apply_progress",
            "drained_offsets",
            "markers",
            "validation_details",
            "misfits",
            "verification",
            "appliers",
            "topic_use",
            "shadow_stats");

    /** In the column {@code kafka}: nothing travels. */
    public static final String NO_KAFKA = "none";

    private final ConnectionPool pool;

    MigrationRows(ConnectionPool pool) {
        this.pool = pool;
    }

    /**
     * Creates a migration in state CREATED with epoch 1.
     *
     * @throws ShooflyException REFUSED when the table is already under migration
     */
    public void create(MigrationId id, TableName source, MigrationSpec spec, String owner, String kafka) {
        pool.inTransaction(
                "creating migration " + id, connection -> create(connection, id, source, spec, owner, kafka));
    }

    private static int create(
            Connection connection, MigrationId id, TableName source, MigrationSpec spec, String owner, String kafka)
            throws SQLException {
        // The unique active_table decides between two creators; the look before only words it kindly.
        Optional<Migration> active = findActive(connection, source);
        if (active.isPresent()) {
            throw alreadyMigrating(source, active.get());
        }
        Sql.update(
                connection,
                "INSERT INTO shoofly.migrations (id, source_schema, source_table, active_table, spec, state, epoch,"
                        + " owner, kafka) VALUES (?, ?, ?, ?, ?, ?, 1, ?, ?)",
                id.value(),
                source.schema(),
                source.table(),
                source.toString(),
                Json.write(spec),
                MigrationState.CREATED.name(),
                owner,
                kafka);
        return log(connection, id, "CREATED", source.toString());
    }

    /** As above, with a row of settings in {@code shoofly.throttle}: both or neither. */
    public void create(
            MigrationId id,
            TableName source,
            MigrationSpec spec,
            String owner,
            String kafka,
            ThrottleSettings throttle) {
        pool.inTransaction("creating migration " + id, connection -> {
            create(connection, id, source, spec, owner, kafka);
            return ThrottleRows.put(connection, id, throttle);
        });
    }

    /** As above, of an alteration that the server carries out by itself. */
    public void createNative(MigrationId id, TableName source, MigrationSpec spec, String owner, NativePlan plan) {
        pool.inTransaction("creating migration " + id, connection -> {
            create(connection, id, source, spec, owner, NO_KAFKA);
            return Sql.update(
                    connection,
                    "UPDATE shoofly.migrations SET strategy = ?, native_plan = ? WHERE id = ?",
                    plan.strategy().name(),
                    Json.write(plan),
                    id.value());
        });
    }

    private static ShooflyException alreadyMigrating(TableName source, Migration active) {
        return new ShooflyException(
                ErrorKind.REFUSED,
                source + " is already under migration " + active.id() + " (" + active.state() + ", run by "
                        + active.owner() + "). Nothing was changed. Continue it with the same command or 'resume "
                        + active.id() + "', or end it with 'cancel " + active.id() + "'.");
    }

    public Optional<Migration> find(MigrationId id) {
        return pool.with(
                "reading migration " + id,
                connection ->
                        select(connection, "WHERE id = ?", id.value()).stream().findFirst());
    }

    /** The migration of this table that is not final; at most one. */
    public Optional<Migration> findActive(TableName source) {
        return pool.with("looking for a migration of " + source, connection -> findActive(connection, source));
    }

    private static Optional<Migration> findActive(Connection connection, TableName source) throws SQLException {
        return select(connection, "WHERE active_table = ?", source.toString()).stream()
                .findFirst();
    }

    /** Newest first. */
    public List<Migration> list() {
        return pool.with("listing the migrations", connection -> select(connection, "ORDER BY created_at DESC"));
    }

    /**
     * A migration that is not final, in few words: for those who ask often.
     *
     * @param mayApply see {@link ApplierRows.Standing}
     */
    public record Active(MigrationId id, TableName source, MigrationState state, boolean mayApply) {}

    /** Those that are not final. */
    public List<Active> active() {
        return pool.with("listing the migrations that are not done", connection -> {
            List<Active> found = new ArrayList<>();
            try (PreparedStatement statement = Sql.prepare(
                            connection,
                            "SELECT m.id, m.source_schema, m.source_table, m.state, (SELECT count(*) FROM"
                                    + " shoofly.apply_progress p WHERE p.migration_id = m.id) FROM shoofly.migrations m"
                                    + " WHERE m.active_table IS NOT NULL");
                    ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    found.add(new Active(
                            new MigrationId(row.getString(1)),
                            new TableName(row.getString(2), row.getString(3)),
                            MigrationState.valueOf(row.getString(4)),
                            row.getInt(5) > 0));
                }
            }
            return found;
        });
    }

    /** A new owner: raises the epoch, so that the former owner's writes fail from now on. */
    public long takeOver(MigrationId id, String owner) {
        return pool.inTransaction("taking over migration " + id, connection -> {
            Sql.update(
                    connection,
                    // While rows are copied the former owner may have had a reason that still holds; the copy ends it.
                    "UPDATE shoofly.migrations SET epoch = epoch + 1, owner = ?, appliers_held = CASE WHEN 'COPYING'"
                            + " IN (state, COALESCE(resume_state, '')) THEN appliers_held ELSE 0 END WHERE id = ?",
                    owner,
                    id.value());
            CommandRows.answerBegun(connection, id);
            log(connection, id, "OWNER", owner);
            return select(connection, "WHERE id = ?", id.value()).get(0).epoch();
        });
    }

    /** Whether this is the migration's epoch. If so, takeovers wait until the caller's transaction ends. */
    static boolean isOwnedUnder(Connection connection, MigrationId id, long epoch) throws SQLException {
        try (PreparedStatement owner = Sql.prepare(
                        connection,
                        "SELECT 1 FROM shoofly.migrations WHERE id = ? AND epoch = ? FOR SHARE",
                        id.value(),
                        epoch);
                ResultSet row = owner.executeQuery()) {
            return row.next();
        }
    }

    /**
     * Holds takeovers up until the caller's transaction ends.
     *
     * @throws ShooflyException SUPERSEDED when the epoch is another, or the migration is gone
     */
    static void requireOwnedUnder(Connection connection, MigrationId id, long epoch) throws SQLException {
        if (!isOwnedUnder(connection, id, epoch)) {
            throw superseded(id, epoch);
        }
    }

    /**
     * Holds takeovers and changes of state up until the caller's transaction ends.
     *
     * @throws ShooflyException SUPERSEDED when epoch or state are others
     */
    public static void requireOwner(Connection connection, MigrationId id, long epoch, MigrationState state)
            throws SQLException {
        try (PreparedStatement owner = Sql.prepare(
                        connection,
                        "SELECT 1 FROM shoofly.migrations WHERE id = ? AND epoch = ? AND state = ? FOR SHARE",
                        id.value(),
                        epoch,
                        state.name());
                ResultSet row = owner.executeQuery()) {
            if (!row.next()) {
                throw new ShooflyException(
                        ErrorKind.SUPERSEDED,
                        "migration " + id + " has another owner than epoch " + epoch + ", or is not " + state
                                + " any more; nothing was done");
            }
        }
    }

    /** Compare and set, with a line in the log. What the swap left to do stays part of the reason. */
    public void transition(MigrationId id, long epoch, MigrationState expected, MigrationState next, String reason) {
        pool.inTransaction("moving migration " + id + " from " + expected + " to " + next, connection -> {
            transition(connection, id, epoch, expected, next, reason);
            return true;
        });
    }

    /**
     * As above, by a command, which is begun with it.
     *
     * @param begun what its outcome is until it is answered
     */
    public void transition(
            Command word, String begun, long epoch, MigrationState expected, MigrationState next, String reason) {
        MigrationId id = word.migration();
        pool.inTransaction("moving migration " + id + " from " + expected + " to " + next, connection -> {
            transition(connection, id, epoch, expected, next, reason);
            CommandRows.answer(connection, word, begun);
            return true;
        });
    }

    /**
     * As above, inside the caller's transaction.
     *
     * @throws ShooflyException SUPERSEDED when epoch or state are others; nothing was written
     */
    public static void transition(
            Connection connection,
            MigrationId id,
            long epoch,
            MigrationState expected,
            MigrationState next,
            @Nullable String reason)
            throws SQLException {
        if (!expected.mayBecome(next)) {
            throw new IllegalStateException("a migration cannot go from " + expected + " to " + next);
        }
        // Nothing is left of this one yet, and nobody is to wait for a look under its locks.
        boolean swap = expected == MigrationState.READY && next == MigrationState.CUTOVER;
        String given = reason == null ? "" : reason;
        String words = swap ? given : withLeftToDo(connection, id, given);
        // Of the swap before, which was rolled back.
        String forgetting = swap ? "left_to_do = NULL, " : "";
        boolean returnable = next == MigrationState.PAUSED || next == MigrationState.FAILED;
        int changed = Sql.update(
                connection,
                // MySQL assigns from left to right: resume_state must be set while state is still the old one.
                "UPDATE shoofly.migrations SET " + forgetting + "resume_state = CASE WHEN ? = 0 THEN NULL"
                        + " WHEN state IN ('PAUSED', 'FAILED') THEN resume_state ELSE state END, state = ?, reason = ?,"
                        + " active_table = CASE WHEN ? = 1 THEN NULL ELSE active_table END,"
                        + " updated_at = CURRENT_TIMESTAMP(3) WHERE id = ? AND epoch = ? AND state = ?",
                returnable ? 1 : 0,
                next.name(),
                words.isEmpty() ? null : words,
                next.isFinal() ? 1 : 0,
                id.value(),
                epoch,
                expected.name());
        if (changed == 0) {
            throw new ShooflyException(
                    ErrorKind.SUPERSEDED,
                    "migration " + id + " is no longer in state " + expected + " under epoch " + epoch
                            + ": another process owns it now. This one stops without changing anything.");
        }
        if (next.isFinal()) {
            // Whoever is late (a comparison on demand in another process) finds it final, or is before this.
            forgetStages(connection, id);
            Sql.update(connection, "DELETE FROM shoofly.disk_settings WHERE migration_id = ?", id.value());
        }
        log(connection, id, next.name(), reason);
    }

    /**
     * Whether it is not over. Until the caller's transaction ends it is not, either: what that writes goes with the rest.
     *
     * @return false, too, when there is no such migration (any more)
     */
    static boolean isUnderWay(Connection connection, MigrationId id) throws SQLException {
        try (PreparedStatement statement = Sql.prepare(
                        connection, "SELECT state FROM shoofly.migrations WHERE id = ? FOR SHARE", id.value());
                ResultSet row = statement.executeQuery()) {
            return row.next() && !MigrationState.valueOf(row.getString(1)).isFinal();
        }
    }

    public void savePlan(MigrationId id, long epoch, MigrationPlan plan) {
        set(id, epoch, "plan = ?", Json.write(plan));
    }

    public void saveCompletionPoint(MigrationId id, long epoch, String point) {
        set(id, epoch, "completion_point = ?", point);
    }

    /** With what the swap left to do, which people have to know as well. */
    public void saveReason(MigrationId id, long epoch, String reason) {
        pool.inTransaction("saying why of migration " + id, connection -> {
            saveReason(connection, id, epoch, reason);
            return true;
        });
    }

    /** In the caller's transaction. */
    static void saveReason(Connection connection, MigrationId id, long epoch, String reason) throws SQLException {
        set(connection, id, epoch, "reason = ?", withLeftToDo(connection, id, reason));
    }

    private static String withLeftToDo(Connection connection, MigrationId id, String reason) throws SQLException {
        String left = leftToDo(connection, id).orElse("");
        if (left.isEmpty() || reason.contains(left)) {
            return reason;
        }
        return reason.isEmpty() ? left : reason + "; " + left;
    }

    /**
     * The swap is finished; kept for whoever takes the migration over. What is left is its reason, and a line in its log.
     *
     * @param left for people; empty: nothing
     */
    public void saveLeftToDo(MigrationId id, long epoch, String left) {
        pool.inTransaction("noting what is left to do of migration " + id, connection -> {
            set(connection, id, epoch, "left_to_do = ?", left);
            if (!left.isEmpty()) {
                saveReason(connection, id, epoch, left);
                log(connection, id, "LEFT TO DO", left);
            }
            return true;
        });
    }

    /**
     * What the last swap could not do, for people, or nothing; also after a rollback, until the next one. Empty: none was
     * finished.
     */
    public Optional<String> leftToDo(MigrationId id) {
        return pool.with("reading what is left to do of migration " + id, connection -> leftToDo(connection, id));
    }

    private static Optional<String> leftToDo(Connection connection, MigrationId id) throws SQLException {
        try (PreparedStatement statement =
                        Sql.prepare(connection, "SELECT left_to_do FROM shoofly.migrations WHERE id = ?", id.value());
                ResultSet row = statement.executeQuery()) {
            return row.next() ? Optional.ofNullable(row.getString(1)) : Optional.empty();
        }
    }

    /** Whether the appliers of all processes are to stand still although the migration is not paused. */
    public void holdAppliers(MigrationId id, long epoch, boolean held) {
        set(id, epoch, "appliers_held = ?", held ? 1 : 0);
    }

    public void saveRows(MigrationId id, long epoch, long copied, long total) {
        set(id, epoch, "rows_copied = ?, rows_total = ?", copied, total);
    }

    public void saveVerified(MigrationId id, long epoch, long rows, long mismatches) {
        set(id, epoch, "rows_verified = ?, mismatches = ?", rows, mismatches);
    }

    public void saveApplied(MigrationId id, long epoch, long keys, long lagMillis) {
        set(id, epoch, "keys_applied = ?, lag_millis = ?", keys, lagMillis);
    }

    public void saveCutover(MigrationId id, long epoch, int attempts, long lockedMillis) {
        set(id, epoch, "cutover_attempts = ?, locked_millis = ?", attempts, lockedMillis);
    }

    /**
     * Before the owner does what no epoch guards.
     *
     * @throws ShooflyException SUPERSEDED when the epoch is another, or the migration is gone
     */
    public void requireOwned(MigrationId id, long epoch) {
        pool.inTransaction("asking who owns migration " + id, connection -> {
            requireOwnedUnder(connection, id, epoch);
            return true;
        });
    }

    /**
     * In the caller's transaction: with the step's own effect, where the server can do that.
     *
     * @param done steps of the native plan
     * @throws ShooflyException SUPERSEDED when the epoch is another; nothing was written
     */
    public static void saveStep(Connection connection, MigrationId id, long epoch, int done) throws SQLException {
        set(connection, id, epoch, "steps_done = ?", done);
        log(connection, id, "STEP", done + " done");
    }

    /**
     * In the caller's transaction, which may have waited for the one that wrote it.
     *
     * @throws ShooflyException SUPERSEDED when the epoch is another, or the migration is gone
     */
    public static int stepsDone(Connection connection, MigrationId id, long epoch) throws SQLException {
        return select(connection, "WHERE id = ? AND epoch = ?", id.value(), epoch).stream()
                .mapToInt(Migration::stepsDone)
                .findFirst()
                .orElseThrow(() -> superseded(id, epoch));
    }

    /** Before anything of a step is done; fails, as every write of a former owner does. */
    public void saveBegun(MigrationId id, long epoch, int begun) {
        set(id, epoch, "steps_begun = ?", begun);
    }

    /** As {@link #saveStep}, in a transaction of its own. */
    public void saveStep(MigrationId id, long epoch, int done) {
        pool.inTransaction("noting a step of migration " + id, connection -> {
            saveStep(connection, id, epoch, done);
            return true;
        });
    }

    <T> T inTransaction(String what, SqlWork<T> work) {
        return pool.inTransaction(what, work);
    }

    static ShooflyException superseded(MigrationId id, long epoch) {
        return new ShooflyException(
                ErrorKind.SUPERSEDED,
                "migration " + id + " has another owner than epoch " + epoch + "; this process stops");
    }

    /**
     * The word for the next swap.
     *
     * @param forced gates that are not looked at for it; null: none. Not recorded when it is not taken
     * @return false: nobody waits for it, and it would be forgotten, as the tables are swapped (a rollback that is not finished
     *     asks for another word), or the time to go forward again is over; nothing was written
     * @throws ShooflyException SUPERSEDED when the epoch is another
     */
    public boolean approveCutover(MigrationId id, long epoch, @Nullable ForcedGates forced) {
        return inTransaction(
                "giving the word for the cut-over of " + id, connection -> approve(connection, id, epoch, forced));
    }

    /**
     * As above, by a command, which is answered when it is taken.
     *
     * @param answer for who asked
     */
    public boolean approveCutover(Command word, long epoch, String answer) {
        return inTransaction("giving the word for the cut-over of " + word.migration(), connection -> {
            boolean taken = approve(connection, word.migration(), epoch, word.forced());
            if (taken) {
                CommandRows.answer(connection, word, answer);
            }
            return taken;
        });
    }

    private static boolean approve(Connection connection, MigrationId id, long epoch, @Nullable ForcedGates forced)
            throws SQLException {
        int changed = Sql.update(
                connection,
                "UPDATE shoofly.migrations SET cutover_approved = 1, updated_at = CURRENT_TIMESTAMP(3)"
                        + " WHERE id = ? AND epoch = ? AND state <> 'CUTOVER'"
                        + " AND coalesce(resume_state, '') <> 'CUTOVER' AND forward_until_millis <> "
                        + RollbackRows.CALLED_OFF,
                id.value(),
                epoch);
        if (changed == 0) {
            requireOwnedUnder(connection, id, epoch);
        } else if (forced != null) {
            GateRows.force(connection, id, forced);
        }
        return changed > 0;
    }

    /** Removes segments, progress, marker and validation rows; the migration, its log and its commands stay. */
    public void forgetStages(MigrationId id) {
        pool.inTransaction("removing the stages' rows of migration " + id, connection -> {
            forgetStages(connection, id);
            return true;
        });
    }

    private static void forgetStages(Connection connection, MigrationId id) throws SQLException {
        for (String table : STAGES) {
            Sql.update(connection, "DELETE FROM shoofly." + table + " WHERE migration_id = ?", id.value());
        }
    }

    /** Removes every row of the migration from all control tables. */
    public void forget(MigrationId id) {
        pool.inTransaction("forgetting migration " + id, connection -> forget(connection, id));
    }

    private static int forget(Connection connection, MigrationId id) throws SQLException {
        // First, and locked until the end: an applier that reports now finds no migration and leaves no row behind.
        int forgotten = Sql.update(connection, "DELETE FROM shoofly.migrations WHERE id = ?", id.value());
        forgetStages(connection, id);
        for (String table : List.of("commands", "migration_log", "throttle", "disk_settings")) {
            Sql.update(connection, "DELETE FROM shoofly." + table + " WHERE migration_id = ?", id.value());
        }
        return forgotten;
    }

    /**
     * As {@link #forget}, by its owner.
     *
     * @throws ShooflyException SUPERSEDED when the epoch is another; nothing was removed
     */
    public void forget(MigrationId id, long epoch) {
        pool.inTransaction("forgetting migration " + id, connection -> {
            int ours = Sql.update(
                    connection,
                    "UPDATE shoofly.migrations SET updated_at = CURRENT_TIMESTAMP(3) WHERE id = ? AND epoch = ?",
                    id.value(),
                    epoch);
            if (ours == 0) {
                throw superseded(id, epoch);
            }
            return forget(connection, id);
        });
    }

    /** Adds a line to the log. */
    public void log(MigrationId id, String event, String detail) {
        pool.with("logging for migration " + id, connection -> log(connection, id, event, detail));
    }

    static int log(Connection connection, MigrationId id, String event, @Nullable String detail) throws SQLException {
        return Sql.update(
                connection,
                "INSERT INTO shoofly.migration_log (migration_id, event, detail) VALUES (?, ?, ?)",
                id.value(),
                event,
                detail);
    }

    /** For the readers of some columns. */
    ConnectionPool pool() {
        return pool;
    }

    void set(MigrationId id, long epoch, String assignment, @Nullable Object... values) {
        pool.with("updating migration " + id, connection -> {
            set(connection, id, epoch, assignment, values);
            return true;
        });
    }

    /**
     * In the caller's transaction.
     *
     * @throws ShooflyException SUPERSEDED when the epoch is another; nothing was written
     */
    static void set(Connection connection, MigrationId id, long epoch, String assignment, @Nullable Object... values)
            throws SQLException {
        @Nullable Object[] all = java.util.Arrays.copyOf(values, values.length + 2);
        all[values.length] = id.value();
        all[values.length + 1] = epoch;
        int changed = Sql.update(
                connection,
                "UPDATE shoofly.migrations SET " + assignment
                        + ", updated_at = CURRENT_TIMESTAMP(3) WHERE id = ? AND epoch = ?",
                all);
        if (changed == 0) {
            throw superseded(id, epoch);
        }
    }

    /** What does not belong to the owner. */
    void setByAnybody(MigrationId id, String assignment, Object value) {
        pool.with(
                "updating migration " + id,
                connection -> Sql.update(
                        connection,
                        "UPDATE shoofly.migrations SET " + assignment
                                + ", updated_at = CURRENT_TIMESTAMP(3) WHERE id = ?",
                        value,
                        id.value()));
    }

    private static List<Migration> select(Connection connection, String where, Object... values) throws SQLException {
        List<Migration> found = new ArrayList<>();
        try (PreparedStatement statement =
                        Sql.prepare(connection, "SELECT * FROM shoofly.migrations " + where, values);
                ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                found.add(read(rows));
            }
        }
        return found;
    }

    private static Migration read(ResultSet row) throws SQLException {
        String plan = row.getString("plan");
        String nativePlan = row.getString("native_plan");
        String resumeState = row.getString("resume_state");
        return new Migration(
                new MigrationId(row.getString("id")),
                new TableName(row.getString("source_schema"), row.getString("source_table")),
                Json.read(row.getString("spec"), MigrationSpec.class),
                Strategy.valueOf(row.getString("strategy")),
                nativePlan == null ? null : Json.read(nativePlan, NativePlan.class),
                row.getInt("steps_begun"),
                row.getInt("steps_done"),
                plan == null ? null : Json.read(plan, MigrationPlan.class),
                MigrationState.valueOf(row.getString("state")),
                resumeState == null ? null : MigrationState.valueOf(resumeState),
                row.getString("reason"),
                row.getLong("epoch"),
                row.getString("owner"),
                row.getString("kafka"),
                row.getString("completion_point"),
                row.getLong("rows_copied"),
                row.getLong("rows_total"),
                row.getLong("rows_verified"),
                row.getLong("keys_applied"),
                row.getLong("mismatches"),
                row.getLong("lag_millis"),
                row.getInt("cutover_attempts"),
                row.getLong("locked_millis"),
                row.getInt("cutover_approved") == 1,
                RollbackRows.read(row),
                RetentionRows.read(row),
                instant(row, "created_at"),
                instant(row, "updated_at"));
    }

    /** MySQL's DATETIME has no zone: sessions write it in UTC. */
    static Instant instant(ResultSet row, String column) throws SQLException {
        Calendar utc = new GregorianCalendar(TimeZone.getTimeZone("UTC"));
        return row.getTimestamp(column, utc).toInstant();
    }
}
