package dev.shoofly.database.control;

import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.throttle.ThrottleSettings;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * {@code shoofly.throttle}: how much load a migration may make, written by operators at any time, and what was measured
 * last, written by the process that watches. Every process that copies reads both. A migration without a row, begun by an
 * earlier version, has the default settings.
 */
public final class ThrottleRows {
    private final ConnectionPool pool;

    ThrottleRows(ConnectionPool pool) {
        this.pool = pool;
    }

    /** Both halves of a row, as read in one statement. */
    public record Row(ThrottleSettings settings, ThrottleState state) {
        static final Row NONE = new Row(ThrottleSettings.DEFAULT, ThrottleState.UNKNOWN);
    }

    public Row find(MigrationId id) {
        return pool.with("reading the throttle of migration " + id, connection -> select(connection, id, ""));
    }

    /**
     * Changes the settings, with a line in the migration's log; two changes at the same time come one after the other.
     *
     * @param change from what is in force to what shall be
     * @return what is in force now
     * @throws ShooflyException REFUSED, naming every value that is out of its range; nothing was changed
     */
    public ThrottleSettings change(MigrationId id, UnaryOperator<ThrottleSettings> change) {
        return pool.inTransaction("changing the throttle of migration " + id, connection -> {
            ThrottleSettings changed =
                    change.apply(select(connection, id, " FOR UPDATE").settings());
            List<String> problems = changed.problems();
            if (!problems.isEmpty()) {
                throw new ShooflyException(
                        ErrorKind.REFUSED,
                        "the throttle of migration " + id + " was not changed:\n  - "
                                + String.join("\n  - ", problems));
            }
            put(connection, id, changed);
            MigrationRows.log(connection, id, "THROTTLE", Json.write(changed));
            return changed;
        });
    }

    /** Saves what the owner of this epoch measured; nothing when it is deposed. */
    public void save(MigrationId id, long epoch, ThrottleState state) {
        pool.with("saving what was measured for migration " + id, connection -> {
            @Nullable
            Object[] values = {
                state.fraction(),
                state.heldBackBy(),
                state.throttledMillis(),
                state.baselineMicros(),
                Json.write(state.signals()),
                id.value(),
                id.value(),
                epoch
            };
            int changed = Sql.update(
                    connection,
                    "UPDATE shoofly.throttle SET fraction = ?, held_back_by = ?, throttled_millis = ?,"
                            + " baseline_micros = ?, signals = ?, measured_at = CURRENT_TIMESTAMP(3)"
                            + " WHERE migration_id = ? AND EXISTS (SELECT 1 FROM shoofly.migrations m"
                            + " WHERE m.id = ? AND m.epoch = ?)",
                    values);
            if (changed == 0) {
                addMissing(connection, id, epoch);
            }
            return true;
        });
    }

    /** A migration of an earlier version gets its row; a deposed owner gets none. */
    private static void addMissing(Connection connection, MigrationId id, long epoch) throws SQLException {
        Sql.update(
                connection,
                "INSERT INTO shoofly.throttle (migration_id, settings) SELECT m.id, ? FROM shoofly.migrations m"
                        + " WHERE m.id = ? AND m.epoch = ? AND NOT EXISTS"
                        + " (SELECT 1 FROM shoofly.throttle t WHERE t.migration_id = m.id)",
                Json.write(ThrottleSettings.DEFAULT),
                id.value(),
                epoch);
    }

    /** In the transaction that creates the migration. */
    static boolean put(Connection connection, MigrationId id, ThrottleSettings settings) throws SQLException {
        String json = Json.write(settings);
        int changed = Sql.update(
                connection, "UPDATE shoofly.throttle SET settings = ? WHERE migration_id = ?", json, id.value());
        if (changed == 0 && !exists(connection, id)) {
            Sql.update(
                    connection,
                    "INSERT INTO shoofly.throttle (migration_id, settings) VALUES (?, ?)",
                    id.value(),
                    json);
        }
        return true;
    }

    /** A URL may make the driver count the rows that changed, not those that were found. */
    private static boolean exists(Connection connection, MigrationId id) throws SQLException {
        try (PreparedStatement statement =
                        Sql.prepare(connection, "SELECT 1 FROM shoofly.throttle WHERE migration_id = ?", id.value());
                ResultSet row = statement.executeQuery()) {
            return row.next();
        }
    }

    private static Row select(Connection connection, MigrationId id, String lock) throws SQLException {
        try (PreparedStatement statement = Sql.prepare(
                        connection,
                        "SELECT t.*, CURRENT_TIMESTAMP(3) AS now_at FROM shoofly.throttle t WHERE migration_id = ?"
                                + lock,
                        id.value());
                ResultSet row = statement.executeQuery()) {
            return row.next() ? read(row) : Row.NONE;
        }
    }

    private static Row read(ResultSet row) throws SQLException {
        ThrottleSettings settings = Json.read(row.getString("settings"), ThrottleSettings.class);
        if (row.getTimestamp("measured_at") == null) {
            return new Row(settings, ThrottleState.UNKNOWN);
        }
        String signals = row.getString("signals");
        long age = row.getTimestamp("now_at").getTime()
                - row.getTimestamp("measured_at").getTime();
        return new Row(
                settings,
                new ThrottleState(
                        row.getDouble("fraction"),
                        row.getString("held_back_by"),
                        row.getLong("throttled_millis"),
                        row.getLong("baseline_micros"),
                        signals == null ? List.of() : List.of(Json.read(signals, ThrottleState.Signal[].class)),
                        Duration.ofMillis(Math.max(0, age))));
    }
}
