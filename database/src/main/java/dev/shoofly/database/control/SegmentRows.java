package dev.shoofly.database.control;

import dev.shoofly.database.DatabaseKind;
import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.KeyRange;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationState;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * {@code shoofly.segments}: the checkpoints of the backfill, the claims of its workers in whatever process, and the fence
 * against superseded copiers. Safety rests on the epoch of a segment alone; who claims what, and for how long, only divides
 * the work.
 */
public final class SegmentRows {
    /** A claim that nobody has renewed for this long may be taken by another worker. */
    public static final Duration LEASE = Duration.ofSeconds(10);

    private static final String COLUMNS =
            "SELECT migration_id, segment_number, epoch, lower_key, upper_key, position_key, rows_copied, done"
                    + " FROM shoofly.segments ";
    private final ConnectionPool pool;

    SegmentRows(ConnectionPool pool) {
        this.pool = pool;
    }

    /**
     * Who claims.
     *
     * @param name of the process; its workers share it
     * @param migrationEpoch of the migration when this copier began; under another one it gets no claim
     */
    public record Copier(String name, long migrationEpoch) {}

    /** Creates the segments unless some exist already. */
    public void create(MigrationId id, List<KeyRange> ranges) {
        pool.inTransaction("creating the segments of " + id, connection -> {
            if (!select(connection, "WHERE migration_id = ?", id.value()).isEmpty()) {
                return 0;
            }
            int number = 0;
            for (KeyRange range : ranges) {
                insert(connection, id, number++, range);
            }
            return number;
        });
    }

    private static void insert(Connection connection, MigrationId id, int number, KeyRange range) throws SQLException {
        Sql.update(
                connection,
                "INSERT INTO shoofly.segments (migration_id, segment_number, lower_key, upper_key) VALUES (?, ?, ?, ?)",
                id.value(),
                number,
                Json.writeKey(range.lowerExclusive()),
                Json.writeKey(range.upperInclusive()));
    }

    /** Whether there are segments: the copy may have begun then. In the caller's transaction. */
    public static boolean isBegun(Connection connection, MigrationId id) throws SQLException {
        return !select(connection, "WHERE migration_id = ? LIMIT 1", id.value()).isEmpty();
    }

    /** In the order of their numbers, which is that of their keys. */
    public List<Segment> list(MigrationId id) {
        return pool.with(
                "reading the segments of " + id,
                connection -> select(connection, "WHERE migration_id = ? ORDER BY segment_number", id.value()));
    }

    /** Whether no segment is open; also when there are none. Asked again and again by workers that wait for one. */
    public boolean isAllDone(MigrationId id) {
        return pool.with("looking for open segments of " + id, connection -> {
            try (PreparedStatement statement = Sql.prepare(
                            connection,
                            "SELECT 1 FROM shoofly.segments WHERE migration_id = ? AND done = 0 LIMIT 1",
                            id.value());
                    ResultSet row = statement.executeQuery()) {
                return !row.next();
            }
        });
    }

    /**
     * Claims the first open segment that nobody has claimed, or whose claim is older than {@link #LEASE}, and raises its
     * epoch. Passes over rows that are locked: their workers are alive and inside a chunk. Waits for nobody.
     *
     * @param cut where the first part of an untouched range ends, if it is to be divided; called with the row locked. The
     *     claim is for that part; what remains becomes the segment with the next number, free to be claimed
     * @throws ShooflyException SUPERSEDED when the migration has another epoch than the copier's
     */
    public Optional<Segment> claim(MigrationId id, Copier copier, Function<KeyRange, Optional<RowKey>> cut) {
        return pool.inTransaction("claiming a segment of " + id, connection -> {
            letTheCutTakeItsTime(connection);
            List<Segment> free = select(
                    connection,
                    "WHERE migration_id = ? AND done = 0 AND (worker IS NULL OR seen_at < " + leaseStart()
                            + ") ORDER BY segment_number LIMIT 1 FOR UPDATE SKIP LOCKED",
                    id.value());
            Optional<RowKey> end = free.isEmpty() ? Optional.empty() : cutOf(connection, free.get(0), cut);
            // A deposed owner must get no claim, though a segment's epoch would not refuse it: the keys of its sweeps
            // may go to a broker that nobody reads any more. Shared until the claim is committed: either it sees the
            // new epoch, or the new owner's fence, which comes after the takeover, sees the claim.
            if (isPaused(connection, id, copier) || free.isEmpty()) {
                return Optional.empty();
            }
            return Optional.of(raise(connection, divided(connection, free.get(0), end), copier));
        });
    }

    private String leaseStart() {
        return switch (pool.profile().kind()) {
            case MYSQL -> "CURRENT_TIMESTAMP(3) - INTERVAL " + LEASE.toSeconds() + " SECOND";
            case POSTGRES -> "CURRENT_TIMESTAMP - INTERVAL '" + LEASE.toSeconds() + " seconds'";
        };
    }

    /** PostgreSQL ends a transaction of ours that idles for ten seconds; this one waits for a walk along an index. */
    private void letTheCutTakeItsTime(Connection connection) throws SQLException {
        if (pool.profile().kind() == DatabaseKind.POSTGRES) {
            ConnectionPool.execute(connection, "SET LOCAL idle_in_transaction_session_timeout = '10min'");
        }
    }

    /** @throws ShooflyException SUPERSEDED under another epoch */
    private static boolean isPaused(Connection connection, MigrationId id, Copier copier) throws SQLException {
        try (PreparedStatement statement = Sql.prepare(
                        connection, "SELECT epoch, state FROM shoofly.migrations WHERE id = ? FOR SHARE", id.value());
                ResultSet row = statement.executeQuery()) {
            // Without a migration there are no segments either: they go first.
            if (!row.next()) {
                return false;
            }
            if (row.getLong(1) != copier.migrationEpoch()) {
                throw new ShooflyException(
                        ErrorKind.SUPERSEDED,
                        "migration " + id + " has another owner since this process (" + copier.name()
                                + ") began to copy for it; it copies no further. What it has copied counts");
            }
            return MigrationState.valueOf(row.getString(2)) == MigrationState.PAUSED;
        }
    }

    /** Only the last segment is divided: its number plus one is free for certain while its row is locked. */
    private static Optional<RowKey> cutOf(
            Connection connection, Segment segment, Function<KeyRange, Optional<RowKey>> cut) throws SQLException {
        return segment.position() == null && isLast(connection, segment)
                ? cut.apply(segment.range())
                : Optional.empty();
    }

    private static Segment divided(Connection connection, Segment segment, Optional<RowKey> end) throws SQLException {
        if (end.isEmpty()) {
            return segment;
        }
        insert(
                connection,
                segment.migration(),
                segment.number() + 1,
                new KeyRange(end.get(), segment.range().upperInclusive()));
        KeyRange first = new KeyRange(segment.range().lowerExclusive(), end.get());
        return new Segment(
                segment.migration(),
                segment.number(),
                segment.epoch(),
                first,
                segment.position(),
                segment.rowsCopied(),
                false);
    }

    private static boolean isLast(Connection connection, Segment segment) throws SQLException {
        try (PreparedStatement statement = Sql.prepare(
                        connection,
                        "SELECT 1 FROM shoofly.segments WHERE migration_id = ? AND segment_number > ? LIMIT 1",
                        segment.migration().value(),
                        segment.number());
                ResultSet row = statement.executeQuery()) {
            return !row.next();
        }
    }

    private static Segment raise(Connection connection, Segment open, Copier copier) throws SQLException {
        Sql.update(
                connection,
                "UPDATE shoofly.segments SET epoch = ?, upper_key = ?, worker = ?, seen_at = CURRENT_TIMESTAMP(3)"
                        + " WHERE migration_id = ? AND segment_number = ?",
                open.epoch() + 1,
                Json.writeKey(open.range().upperInclusive()),
                copier.name(),
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
     * Renews claims that workers hold at this moment, except those whose rows are locked: by the workers themselves, inside a
     * chunk. Not by the copier's name: a claim whose answer was lost is nobody's, and must end.
     */
    public void renew(MigrationId id, Collection<Segment> held) {
        pool.inTransaction("renewing the claims on segments of " + id, connection -> {
            for (Segment mine : held) {
                List<Segment> unlocked = select(
                        connection,
                        "WHERE migration_id = ? AND segment_number = ? AND done = 0 AND epoch = ? FOR UPDATE SKIP LOCKED",
                        id.value(),
                        mine.number(),
                        mine.epoch());
                if (!unlocked.isEmpty()) {
                    Sql.update(
                            connection,
                            "UPDATE shoofly.segments SET seen_at = CURRENT_TIMESTAMP(3)"
                                    + " WHERE migration_id = ? AND segment_number = ?",
                            id.value(),
                            mine.number());
                }
            }
            return true;
        });
    }

    /** Gives a claim back, at its checkpoint; nothing when somebody else has it by now. */
    public void release(Segment segment) {
        pool.with(
                "giving back segment " + segment.number() + " of " + segment.migration(),
                connection -> Sql.update(
                        connection,
                        "UPDATE shoofly.segments SET worker = NULL"
                                + " WHERE migration_id = ? AND segment_number = ? AND epoch = ?",
                        segment.migration().value(),
                        segment.number(),
                        segment.epoch()));
    }

    /** Names of the copiers that hold unexpired claims on open segments. */
    public List<String> workers(MigrationId id) {
        return pool.with("reading who copies for " + id, connection -> {
            List<String> names = new ArrayList<>();
            try (PreparedStatement statement = Sql.prepare(
                            connection,
                            "SELECT DISTINCT worker FROM shoofly.segments WHERE migration_id = ? AND done = 0"
                                    + " AND worker IS NOT NULL AND seen_at >= " + leaseStart() + " ORDER BY worker",
                            id.value());
                    ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    names.add(rows.getString(1));
                }
            }
            return names;
        });
    }

    /**
     * Raises the epoch of every open segment and ends every claim. Waits until a copier that is inside a transaction has
     * ended it, so that nothing of an earlier owner can commit afterwards.
     */
    public void fenceAll(MigrationId id) {
        pool.inTransaction(
                "fencing the segments of " + id,
                connection -> Sql.update(
                        connection,
                        "UPDATE shoofly.segments SET epoch = epoch + 1, worker = NULL"
                                + " WHERE migration_id = ? AND done = 0",
                        id.value()));
    }

    /**
     * First statement of every copy and sweep transaction: a superseded copier that was paused must not commit behind
     * the new owner's sweep.
     *
     * @return the segment's saved position; null at its start
     */
    public static @Nullable RowKey lock(Connection connection, Segment segment) throws SQLException {
        try (PreparedStatement statement = Sql.prepare(
                        connection,
                        "SELECT epoch, done, position_key, upper_key FROM shoofly.segments WHERE migration_id = ? AND segment_number = ? FOR UPDATE",
                        segment.migration().value(),
                        segment.number());
                ResultSet rows = statement.executeQuery()) {
            // Done as well: a copier that did not hear of its last commit would copy once more when the owner has gone
            // on, and nobody would look for what was deleted meanwhile.
            // Its end as well: after a failover that lost a claim another worker may hold the same epoch of another
            // part.
            if (!rows.next()
                    || rows.getLong(1) != segment.epoch()
                    || rows.getInt(2) == 1
                    || !Objects.equals(
                            Json.readKey(rows.getString(4)), segment.range().upperInclusive())) {
                throw new ShooflyException(
                        ErrorKind.SUPERSEDED,
                        "segment " + segment.number() + " of migration " + segment.migration()
                                + " belongs to another worker now, or is done; this one stops without copying further");
            }
            return Json.readKey(rows.getString(3));
        }
    }

    /** Last statement of the transaction that ends a chunk. */
    public static void checkpoint(Connection connection, Segment segment, RowKey position, long rows, boolean done)
            throws SQLException {
        Sql.update(
                connection,
                "UPDATE shoofly.segments SET position_key = ?, rows_copied = rows_copied + ?, done = ?,"
                        + " seen_at = CURRENT_TIMESTAMP(3), updated_at = CURRENT_TIMESTAMP(3)"
                        + " WHERE migration_id = ? AND segment_number = ?",
                Json.writeKey(position),
                rows,
                done ? 1 : 0,
                segment.migration().value(),
                segment.number());
    }

    private static List<Segment> select(Connection connection, String where, @Nullable Object... values)
            throws SQLException {
        List<Segment> segments = new ArrayList<>();
        try (PreparedStatement statement = Sql.prepare(connection, COLUMNS + where, values);
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
