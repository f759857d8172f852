package dev.shoofly.database.control;

import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.KeyRange;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** {@code shoofly.segments}: the checkpoints of the backfill, and the fence against superseded copiers. */
public final class SegmentRows {
    private final ConnectionPool pool;

    SegmentRows(ConnectionPool pool) {
        this.pool = pool;
    }

    /** Creates the segments unless some exist already. */
    public void create(MigrationId id, List<KeyRange> ranges) {
        pool.inTransaction("creating the segments of " + id, connection -> {
            if (!select(connection, "WHERE migration_id = ?", id.value()).isEmpty()) {
                return 0;
            }
            int number = 0;
            for (KeyRange range : ranges) {
                Sql.update(
                        connection,
                        "INSERT INTO shoofly.segments (migration_id, segment_number, lower_key, upper_key) VALUES (?, ?, ?, ?)",
                        id.value(),
                        number++,
                        Json.writeKey(range.lowerExclusive()),
                        Json.writeKey(range.upperInclusive()));
            }
            return number;
        });
    }

    public List<Segment> list(MigrationId id) {
        return pool.with(
                "reading the segments of " + id,
                connection -> select(connection, "WHERE migration_id = ?", id.value()));
    }

    /**
     * Claims an open segment that no other worker holds at this moment and raises its epoch. Waits for nobody.
     *
     * @param held segment numbers that this process already works on
     */
    public Optional<Segment> claim(MigrationId id, List<Integer> held) {
        return pool.inTransaction("claiming a segment of " + id, connection -> {
            for (Segment open : select(
                    connection,
                    "WHERE migration_id = ? AND done = 0 ORDER BY segment_number FOR UPDATE SKIP LOCKED",
                    id.value())) {
                if (!held.contains(open.number())) {
                    return Optional.of(raise(connection, open));
                }
            }
            return Optional.empty();
        });
    }

    /**
     * Raises the epoch of every open segment. Waits until a copier that is inside a transaction has ended it, so that
     * nothing of an earlier owner can commit afterwards.
     */
    public void fenceAll(MigrationId id) {
        pool.inTransaction(
                "fencing the segments of " + id,
                connection -> Sql.update(
                        connection,
                        "UPDATE shoofly.segments SET epoch = epoch + 1 WHERE migration_id = ? AND done = 0",
                        id.value()));
    }

    private static Segment raise(Connection connection, Segment open) throws SQLException {
        Sql.update(
                connection,
                "UPDATE shoofly.segments SET epoch = ? WHERE migration_id = ? AND segment_number = ?",
                open.epoch() + 1,
                open.migration().value(),
                open.number());
        return new Segment(
                open.migration(),
                open.number(),
                open.epoch() + 1,
                open.range(),
                open.position(),
                open.rowsCopied(),
                false);
    }

    /**
     * First statement of every copy and sweep transaction: a superseded copier that was paused must not commit behind
     * the new owner's sweep.
     */
    public static void lock(Connection connection, Segment segment) throws SQLException {
        try (PreparedStatement statement = Sql.prepare(
                        connection,
                        "SELECT epoch FROM shoofly.segments WHERE migration_id = ? AND segment_number = ? FOR UPDATE",
                        segment.migration().value(),
                        segment.number());
                ResultSet rows = statement.executeQuery()) {
            if (!rows.next() || rows.getLong(1) != segment.epoch()) {
                throw new ShooflyException(
                        ErrorKind.SUPERSEDED,
                        "segment " + segment.number() + " of migration " + segment.migration()
                                + " belongs to another worker now; this one stops without copying further");
            }
        }
    }

    /** Last statement of the sweep's transaction. */
    public static void checkpoint(Connection connection, Segment segment, RowKey position, long rows, boolean done)
            throws SQLException {
        Sql.update(
                connection,
                "UPDATE shoofly.segments SET position_key = ?, rows_copied = rows_copied + ?, done = ?,"
                        + " updated_at = CURRENT_TIMESTAMP(3) WHERE migration_id = ? AND segment_number = ?",
                Json.writeKey(position),
                rows,
                done ? 1 : 0,
                segment.migration().value(),
                segment.number());
    }

    private static List<Segment> select(Connection connection, String where, Object... values) throws SQLException {
        List<Segment> segments = new ArrayList<>();
        try (PreparedStatement statement = Sql.prepare(
                        connection,
                        "SELECT migration_id, segment_number, epoch, lower_key, upper_key, position_key, rows_copied, done"
                                + " FROM shoofly.segments " + where,
                        values);
                ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                segments.add(new Segment(
                        new MigrationId(rows.getString(1)),
                        rows.getInt(2),
                        rows.getLong(3),
                        new KeyRange(Json.readKey(rows.getString(4)), Json.readKey(rows.getString(5))),
                        Json.readKey(rows.getString(6)),
                        rows.getLong(7),
                        rows.getInt(8) == 1));
            }
        }
        return segments;
    }
}
