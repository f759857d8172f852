package dev.shoofly.database.control;

import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.MigrationState;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * {@code shoofly.appliers}: what the applier instances of a migration, in whatever process, say of themselves. The rows
 * tell people and the owner; which instance may write a partition is decided in {@code shoofly.apply_progress} alone.
 */
public final class ApplierRows {
    private final ConnectionPool pool;

    ApplierRows(ConnectionPool pool) {
        this.pool = pool;
    }

    /**
     * Where the migration stands, for an instance that asks whether it may work.
     *
     * @param mayApply whether the progress rows exist: they are made after the topics and go before them
     * @param held whether the owner wants the appliers to stand still for a while
     * @param back whether they are to write the old table, by the plan of the way back
     * @param round of the plan by which they write, see {@link MigrationPlan#round}: one epoch may see several
     */
    public record Standing(MigrationState state, long epoch, boolean mayApply, boolean held, boolean back, int round) {
        /** Whether these are the tables that an instance with this plan writes. Another epoch may have planned them anew. */
        public boolean isOf(MigrationPlan plan, boolean isBack) {
            return back == isBack && round == plan.round();
        }

        /** Appliers are to stand still, and to say so. */
        public boolean isStandstill() {
            return mayApply && (held || state == MigrationState.PAUSED);
        }
    }

    /**
     * What an instance reports.
     *
     * @param lagMillis -1: unknown
     * @param quiet whether it has stopped because of a pause and everything it had read is applied
     */
    public record Report(String name, List<Integer> partitions, long lagMillis, boolean quiet) {}

    /** Empty when there is no such migration (any more). */
    public Optional<Standing> standing(MigrationId id) {
        return pool.with("looking at migration " + id, connection -> standing(connection, id, ""));
    }

    /**
     * Saves the report and says where the migration stands. Whether an instance is quiet counts only while the migration
     * is PAUSED or its appliers are held: the migration's row is locked against a change of state meanwhile, so an instance that reads "not
     * paused" has withdrawn its word before any later pause is recorded, and whoever pauses waits for a new one.
     */
    public Optional<Standing> report(MigrationId id, Report report) {
        return pool.inTransaction("reporting an applier of migration " + id, connection -> {
            Optional<Standing> found = standing(connection, id, " FOR SHARE");
            if (found.isPresent() && found.get().mayApply()) {
                boolean quiet = report.quiet() && found.get().isStandstill();
                put(connection, id, found.get().epoch(), report, quiet, null);
            }
            return found;
        });
    }

    /**
     * Tells the migration's owner what ended this instance.
     *
     * @param epoch of the migration when the instance began; a failure under an earlier epoch is nobody's any more
     * @param plan by which it wrote; if another swap is under way, it is nobody's either
     * @param back whether it wrote the old table; the same
     * @return whether it counts: the migration is under way and this is its epoch
     */
    public boolean fail(long epoch, MigrationPlan plan, boolean back, Report report, ApplierInstance.Failure failure) {
        MigrationId id = plan.id();
        return pool.inTransaction("reporting the failure of an applier of migration " + id, connection -> {
            Optional<Standing> found = standing(connection, id, " FOR SHARE");
            boolean counts = found.isPresent()
                    && found.get().mayApply()
                    && found.get().epoch() == epoch
                    && (found.get().state().isRunning() || found.get().state() == MigrationState.PAUSED)
                    && found.get().isOf(plan, back)
                    && (back || !found.get().state().isSwapped());
            if (counts) {
                put(connection, id, epoch, report, false, failure);
            }
            return counts;
        });
    }

    /** The owner has taken note: the instances may begin again once the migration goes on. */
    public void forgive(MigrationId id) {
        pool.with(
                "taking note of failed appliers of migration " + id,
                connection -> Sql.update(
                        connection,
                        "DELETE FROM shoofly.appliers WHERE migration_id = ? AND failure IS NOT NULL",
                        id.value()));
    }

    /** Whether this instance's failure is still to be dealt with. */
    public boolean hasFailed(MigrationId id, String name) {
        return list(id).stream().anyMatch(each -> each.name().equals(name) && each.failure() != null);
    }

    /** The instance ends, or works for this migration no longer. */
    public void leave(MigrationId id, String name) {
        pool.with(
                "signing an applier of migration " + id + " off",
                connection -> Sql.update(
                        connection,
                        "DELETE FROM shoofly.appliers WHERE migration_id = ? AND instance = ?",
                        id.value(),
                        name));
    }

    /** By name; the dead ones as well. */
    public List<ApplierInstance> list(MigrationId id) {
        return pool.with("reading the appliers of migration " + id, connection -> select(connection, id));
    }

    private static Optional<Standing> standing(Connection connection, MigrationId id, String lock) throws SQLException {
        try (PreparedStatement statement = Sql.prepare(
                        connection,
                        "SELECT state, epoch, appliers_held, CASE WHEN back_plan IS NOT NULL AND swapped_back = 0 THEN 1 ELSE 0 END,"
                                + " plan_round FROM shoofly.migrations WHERE id = ?" + lock,
                        id.value());
                ResultSet row = statement.executeQuery()) {
            if (!row.next()) {
                return Optional.empty();
            }
            return Optional.of(new Standing(
                    MigrationState.valueOf(row.getString(1)),
                    row.getLong(2),
                    hasProgressRows(connection, id),
                    row.getInt(3) == 1,
                    row.getInt(4) == 1,
                    row.getInt(5)));
        }
    }

    private static boolean hasProgressRows(Connection connection, MigrationId id) throws SQLException {
        try (PreparedStatement statement = Sql.prepare(
                        connection, "SELECT 1 FROM shoofly.apply_progress WHERE migration_id = ? LIMIT 1", id.value());
                ResultSet row = statement.executeQuery()) {
            return row.next();
        }
    }

    private static void put(
            Connection connection,
            MigrationId id,
            long epoch,
            Report report,
            boolean quiet,
            ApplierInstance.@Nullable Failure failure)
            throws SQLException {
        @Nullable
        Object[] values = {
            epoch,
            report.partitions().stream().map(String::valueOf).collect(Collectors.joining(",")),
            report.lagMillis(),
            quiet ? 1 : 0,
            failure == null ? null : failure.kind(),
            failure == null ? null : failure.message(),
            id.value(),
            report.name()
        };
        int changed = Sql.update(
                connection,
                "UPDATE shoofly.appliers SET epoch = ?, partitions = ?, lag_millis = ?, quiet = ?, failure_kind = ?,"
                        + " failure = ?, seen_at = CURRENT_TIMESTAMP(3) WHERE migration_id = ? AND instance = ?",
                values);
        if (changed == 0) {
            Sql.update(
                    connection,
                    "INSERT INTO shoofly.appliers (epoch, partitions, lag_millis, quiet, failure_kind, failure,"
                            + " migration_id, instance) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    values);
        }
    }

    private static List<ApplierInstance> select(Connection connection, MigrationId id) throws SQLException {
        List<ApplierInstance> found = new ArrayList<>();
        try (PreparedStatement statement = Sql.prepare(
                        connection,
                        "SELECT a.*, CURRENT_TIMESTAMP(3) AS now_at FROM shoofly.appliers a WHERE migration_id = ?"
                                + " ORDER BY instance",
                        id.value());
                ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                found.add(read(row));
            }
        }
        return found;
    }

    private static ApplierInstance read(ResultSet row) throws SQLException {
        String message = row.getString("failure");
        long silence = row.getTimestamp("now_at").getTime()
                - row.getTimestamp("seen_at").getTime();
        return new ApplierInstance(
                row.getString("instance"),
                row.getLong("epoch"),
                numbers(row.getString("partitions")),
                row.getLong("lag_millis"),
                row.getInt("quiet") == 1,
                message == null ? null : new ApplierInstance.Failure(row.getString("failure_kind"), message),
                Duration.ofMillis(Math.max(0, silence)));
    }

    private static List<Integer> numbers(String text) {
        return text.isEmpty()
                ? List.of()
                : Arrays.stream(text.split(",")).map(Integer::valueOf).toList();
    }
}
