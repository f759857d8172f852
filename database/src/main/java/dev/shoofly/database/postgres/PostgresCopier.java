package dev.shoofly.database.postgres;

import dev.shoofly.database.ChunkCopier;
import dev.shoofly.database.Contention;
import dev.shoofly.database.DirtyKeys;
import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.database.connection.Retry;
import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.database.connection.Transactions;
import dev.shoofly.database.control.Segment;
import dev.shoofly.database.control.SegmentRows;
import dev.shoofly.database.postgres.PostgresKeys.Side;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.KeyRange;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** copy(range) by INSERT … SELECT, and the sweep in a second transaction. */
final class PostgresCopier implements ChunkCopier {
    private static final int CONFLICT_TRIES = 3;
    private static final Retry LOCK_CONFLICTS =
            new Retry(Duration.ofMinutes(2), Duration.ofMillis(20), Duration.ofSeconds(1), error -> {});
    private final ConnectionPool pool;
    private final MigrationPlan plan;
    private final FaultPoints faultPoints;
    private final PostgresKeys keys;
    private final PostgresProjection projection;

    PostgresCopier(ConnectionPool pool, MigrationPlan plan, FaultPoints faultPoints) {
        this.pool = pool;
        this.plan = plan;
        this.faultPoints = faultPoints;
        this.keys = new PostgresKeys(plan.key());
        this.projection = new PostgresProjection(plan);
    }

    @Override
    public Optional<RowKey> highestKey() {
        String sql = "SELECT " + keys.texts(Side.SOURCE, "s") + " FROM " + projection.source() + " AS s ORDER BY "
                + keys.orderDescending(Side.SOURCE, "s") + " LIMIT 1";
        return pool.with(
                "looking for the highest key of " + plan.source(),
                connection -> select(connection, sql, KeyRange.ALL).stream().findFirst());
    }

    @Override
    public RowKey chunkEnd(@Nullable RowKey lowerExclusive, RowKey limitInclusive, int rows) {
        KeyRange rest = new KeyRange(lowerExclusive, limitInclusive);
        String sql = "SELECT " + keys.texts(Side.SOURCE, "s") + " FROM " + projection.source() + " AS s WHERE "
                + keys.within(Side.SOURCE, "s", rest) + " ORDER BY " + keys.columns(Side.SOURCE, "s") + " OFFSET "
                + (rows - 1) + " LIMIT 1";
        return pool.with(
                "looking for the end of a chunk of " + plan.source(),
                connection -> select(connection, sql, rest).stream().findFirst().orElse(limitInclusive));
    }

    @Override
    public ChunkResult copy(Segment segment, KeyRange chunk, boolean last, DirtyKeys dirtyKeys) {
        Counts counts = new Counts();
        Retry retry = LOCK_CONFLICTS.notifying(error -> {
            counts.retries++;
            counts.contention.met(error);
        });
        String what = "copying a chunk of " + plan.source();
        retry.call(
                what,
                () -> pool.with(what, connection -> {
                    insert(connection, segment, chunk, dirtyKeys, counts);
                    return true;
                }));
        faultPoints.reach("copy.before-sweep");
        String sweeping = "sweeping a chunk of " + plan.source();
        int swept = retry.call(
                sweeping,
                () -> pool.inTransaction(
                        sweeping, connection -> sweep(connection, segment, chunk, last, counts.rows, dirtyKeys)));
        return new ChunkResult(counts.rows, swept, counts.deferred, counts.retries, counts.contention.total());
    }

    private static final class Counts {
        private long rows;
        private int deferred;
        private int retries;
        private final Contention.Tally contention = new Contention.Tally();
    }

    private void insert(Connection connection, Segment segment, KeyRange chunk, DirtyKeys dirtyKeys, Counts counts)
            throws SQLException {
        for (int attempt = 1; ; attempt++) {
            try {
                counts.rows = Transactions.run(connection, open -> insertOnce(open, segment, chunk));
                return;
            } catch (SQLException e) {
                if (PostgresErrors.isMissingTable(e)) {
                    throw PostgresErrors.vanished(plan, e);
                }
                if (PostgresErrors.isDataError(e)) {
                    throw new OffendingRow(pool, plan).explain(e, sourceKeys(connection, chunk));
                }
                if (SqlErrors.isConnectionLoss(e) || !PostgresErrors.isUniqueConflict(e)) {
                    throw e;
                }
                // A value that moved between rows since the applier was last here, or a real duplicate: both are for
                // the applier to settle, which knows how.
                counts.retries++;
                counts.contention.conflictRound();
                if (attempt == CONFLICT_TRIES) {
                    List<RowKey> absent = absentKeys(connection, chunk);
                    dirtyKeys.publish(absent);
                    counts.deferred = absent.size();
                    return;
                }
            }
        }
    }

    private long insertOnce(Connection connection, Segment segment, KeyRange chunk) throws SQLException {
        SegmentRows.lock(connection, segment);
        // The conflict target is named: without it a conflict under another unique key would drop the row in silence.
        String sql = "INSERT INTO " + projection.shadow() + " (" + projection.targets() + ") SELECT "
                + projection.values() + " FROM " + projection.source() + " AS s WHERE "
                + keys.within(Side.SOURCE, "s", chunk) + " ORDER BY " + keys.columns(Side.SOURCE, "s")
                + " ON CONFLICT (" + keys.arbiter() + ") DO NOTHING";
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            keys.bind(statement, 1, chunk);
            long rows = statement.executeLargeUpdate();
            faultPoints.reach("copy.before-commit");
            return rows;
        }
    }

    /**
     * A row deleted at the source between the copy's read and its commit stands in the shadow, and its event may already
     * be applied. Only the applier removes it: its key goes through the topic once more.
     */
    private int sweep(
            Connection connection, Segment segment, KeyRange chunk, boolean last, long rows, DirtyKeys dirtyKeys)
            throws SQLException {
        SegmentRows.lock(connection, segment);
        String sql = "SELECT " + keys.texts(Side.SHADOW, "t") + " FROM " + projection.shadow() + " AS t WHERE "
                + keys.within(Side.SHADOW, "t", chunk) + " AND NOT EXISTS (SELECT 1 FROM " + projection.source()
                + " AS s WHERE " + keys.same("s", "t") + ")";
        List<RowKey> ghosts = select(connection, sql, chunk);
        if (!ghosts.isEmpty()) {
            dirtyKeys.publish(ghosts);
        }
        RowKey end = chunk.upperInclusive();
        if (end == null) {
            throw new IllegalArgumentException("a chunk needs an end");
        }
        SegmentRows.checkpoint(connection, segment, end, rows, last);
        return ghosts.size();
    }

    private List<RowKey> sourceKeys(Connection connection, KeyRange chunk) throws SQLException {
        String sql = "SELECT " + keys.texts(Side.SOURCE, "s") + " FROM " + projection.source() + " AS s WHERE "
                + keys.within(Side.SOURCE, "s", chunk) + " ORDER BY " + keys.columns(Side.SOURCE, "s");
        return select(connection, sql, chunk);
    }

    private List<RowKey> absentKeys(Connection connection, KeyRange chunk) throws SQLException {
        String sql = "SELECT " + keys.texts(Side.SOURCE, "s") + " FROM " + projection.source() + " AS s WHERE "
                + keys.within(Side.SOURCE, "s", chunk) + " AND NOT EXISTS (SELECT 1 FROM " + projection.shadow()
                + " AS t WHERE " + keys.sameByShadow("s", "t") + ")";
        return select(connection, sql, chunk);
    }

    private List<RowKey> select(Connection connection, String sql, KeyRange range) throws SQLException {
        List<RowKey> found = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            keys.bind(statement, 1, range);
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    found.add(keys.read(rows, 1));
                }
            }
        } catch (SQLException e) {
            if (PostgresErrors.isMissingTable(e)) {
                throw PostgresErrors.vanished(plan, e);
            }
            throw e;
        }
        return found;
    }
}
