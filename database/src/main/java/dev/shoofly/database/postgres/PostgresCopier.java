package dev.shoofly.database.postgres;

import dev.shoofly.database.ChunkCopier;
import dev.shoofly.database.Contention;
import dev.shoofly.database.DirtyKeys;
import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.database.connection.Retry;
import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.database.connection.Transactions;
import dev.shoofly.database.control.ProgressRows;
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
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
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
    private final LateKey lateKey;
    private final KeylessCopy keyless;

    PostgresCopier(ConnectionPool pool, MigrationPlan plan, FaultPoints faultPoints) {
        this.pool = pool;
        this.plan = plan;
        this.faultPoints = faultPoints;
        this.keys = new PostgresKeys(plan.key());
        this.projection = new PostgresProjection(plan);
        this.lateKey = new LateKey(pool, plan);
        this.keyless = new KeylessCopy(lateKey, projection, keys, faultPoints);
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
        String sql = keys.nth(projection.source(), rest, rows);
        return pool.with(
                "looking for the end of a chunk of " + plan.source(),
                connection -> select(connection, sql, rest).stream().findFirst().orElse(limitInclusive));
    }

    @Override
    public long estimateRows(KeyRange range) {
        String sql = "EXPLAIN (FORMAT JSON) SELECT FROM " + projection.source() + " AS s WHERE "
                + keys.within(Side.SOURCE, "s", range);
        return pool.with("estimating rows of " + plan.source(), connection -> {
            if (!isAnalyzed(connection)) {
                return -1L;
            }
            try (PreparedStatement statement = connection.prepareStatement(sql)) {
                keys.bind(statement, 1, range);
                try (ResultSet rows = statement.executeQuery()) {
                    return rows.next() ? PostgresPreparation.rows(rows.getString(1)) : 0L;
                }
            }
        });
    }

    /** Without statistics of the key the planner takes a third of the table for any end of it. */
    private boolean isAnalyzed(Connection connection) throws SQLException {
        return PostgresCatalog.test(
                connection,
                "SELECT true FROM pg_catalog.pg_stats WHERE schemaname = ? AND tablename = ? AND attname = ?",
                plan.source().schema(),
                plan.source().table(),
                plan.key().columns().get(0).sourceName());
    }

    @Override
    public ChunkResult copy(Segment segment, KeyRange chunk, boolean last, DirtyKeys dirtyKeys) {
        Counts counts = new Counts();
        Retry retry = LOCK_CONFLICTS.notifying(error -> {
            counts.retries++;
            counts.contention.met(error);
        });
        String what = "copying a chunk of " + plan.source();
        if (lateKey.isPossible()) {
            OptionalLong rows = retry.call(
                    what, () -> pool.with(what, connection -> copyKeyless(connection, segment, chunk, last)));
            if (rows.isPresent()) {
                // Nothing is swept, but the rows are committed, which is what the point stands for.
                faultPoints.reach("copy.before-sweep");
                return new ChunkResult(rows.getAsLong(), 0, 0, counts.retries, counts.contention.total());
            }
        }
        // Both as one: a connection that is lost between them may have been lost to a standby that lacks the copy.
        int swept = retry.call(what, () -> {
            pool.with(what, connection -> {
                insert(connection, segment, chunk, dirtyKeys, counts);
                return true;
            });
            faultPoints.reach("copy.before-sweep");
            boolean undisturbed = pool.with(
                    "asking whether anything was applied to " + plan.shadow(),
                    connection -> ProgressRows.isAtRestSince(connection, plan.id(), counts.keysApplied));
            return pool.inTransaction(
                    "sweeping a chunk of " + plan.source(),
                    connection -> sweep(connection, segment, chunk, last, counts.rows, undisturbed, dirtyKeys));
        });
        return new ChunkResult(counts.rows, swept, counts.deferred, counts.retries, counts.contention.total());
    }

    private OptionalLong copyKeyless(Connection connection, Segment segment, KeyRange chunk, boolean last)
            throws SQLException {
        try {
            return keyless.copy(connection, segment, chunk, last);
        } catch (SQLException e) {
            refuseFatal(connection, chunk, e);
            throw e;
        }
    }

    private void refuseFatal(Connection connection, KeyRange chunk, SQLException error) throws SQLException {
        if (PostgresErrors.isMissingTable(error)) {
            throw PostgresErrors.vanished(plan, error);
        }
        if (PostgresErrors.isDataError(error)) {
            throw new OffendingRow(pool, plan).explain(error, sourceKeys(connection, chunk));
        }
    }

    private static final class Counts {
        private long rows;
        /** By all appliers, before the rows were read; -1: what the range holds may be older than that. */
        private long keysApplied = -1;
        /** Whether the last try looked for nothing in the shadow, whose range was empty. */
        private boolean plain;
        /** Whether such a try met a row all the same. */
        private boolean plainMet;

        private int deferred;
        private int retries;
        private final Contention.Tally contention = new Contention.Tally();
    }

    private void insert(Connection connection, Segment segment, KeyRange chunk, DirtyKeys dirtyKeys, Counts counts)
            throws SQLException {
        int conflicts = 0;
        while (true) {
            try {
                counts.rows += Transactions.run(connection, open -> insertOnce(open, segment, chunk, counts));
                return;
            } catch (SQLException e) {
                refuseFatal(connection, chunk, e);
                if (SqlErrors.isConnectionLoss(e) || !PostgresErrors.isUniqueConflict(e)) {
                    throw e;
                }
                if (counts.plain) {
                    // Most likely an applier brought a row of the range meanwhile: the next try looks at each.
                    counts.plainMet = true;
                    continue;
                }
                // A value that moved between rows since the applier was last here, or a real duplicate: both are for
                // the applier to settle, which knows how.
                counts.retries++;
                counts.contention.conflictRound();
                if (++conflicts == CONFLICT_TRIES) {
                    List<RowKey> absent = absentKeys(connection, chunk);
                    dirtyKeys.publish(absent);
                    counts.deferred = absent.size();
                    return;
                }
            }
        }
    }

    private long insertOnce(Connection connection, Segment segment, KeyRange chunk, Counts counts) throws SQLException {
        SegmentRows.lock(connection, segment);
        // Before the rows are read: whoever came to one of their keys later is counted later.
        long before = ProgressRows.keysApplied(connection, plan.id());
        counts.plain = !counts.plainMet && isEmpty(connection, chunk);
        // Of a range that was not empty the rows may be those of an earlier try whose commit was not heard of.
        counts.keysApplied = counts.plain ? before : -1;
        // The conflict target is named: without it a conflict under another unique key would drop the row in silence.
        // Into a range that was empty a moment ago none is wanted: that is a third less work.
        String sql =
                projection.copy(keys, chunk) + (counts.plain ? "" : " ON CONFLICT (" + keys.arbiter() + ") DO NOTHING");
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            keys.bind(statement, 1, chunk);
            long rows = statement.executeLargeUpdate();
            faultPoints.reach("copy.before-commit");
            return rows;
        }
    }

    private boolean isEmpty(Connection connection, KeyRange chunk) throws SQLException {
        String sql = "SELECT 1 FROM " + projection.shadow() + " AS t WHERE " + keys.within(Side.SHADOW, "t", chunk)
                + " ORDER BY " + keys.columns(Side.SHADOW, "t") + " LIMIT 1";
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            keys.bind(statement, 1, chunk);
            try (ResultSet rows = statement.executeQuery()) {
                return !rows.next();
            }
        }
    }

    /**
     * A row deleted at the source between the copy's read and its commit stands in the shadow, and its event may already
     * be applied. Only the applier removes it: its key goes through the topic once more.
     *
     * <p>There is none when the range was empty before and no applier came to any key since: a reconcile that missed one
     * of our rows began after the row was deleted, so after our read, and before our commit. It has ended by now and
     * counts its keys, or it is under way and is waited for.
     *
     * @param undisturbed whether that was found to be so, after the commit
     */
    private int sweep(
            Connection connection,
            Segment segment,
            KeyRange chunk,
            boolean last,
            long rows,
            boolean undisturbed,
            DirtyKeys dirtyKeys)
            throws SQLException {
        SegmentRows.lock(connection, segment);
        List<RowKey> ghosts = undisturbed ? List.of() : ghosts(connection, chunk);
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

    private List<RowKey> ghosts(Connection connection, KeyRange chunk) throws SQLException {
        String sql = "SELECT " + keys.texts(Side.SHADOW, "t") + " FROM " + projection.shadow() + " AS t WHERE "
                + keys.within(Side.SHADOW, "t", chunk) + " AND NOT EXISTS (SELECT 1 FROM " + projection.source()
                + " AS s WHERE " + keys.same("s", "t") + ")";
        return select(connection, sql, chunk);
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
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            keys.bind(statement, 1, range);
            return keys.readAll(statement);
        } catch (SQLException e) {
            if (PostgresErrors.isMissingTable(e)) {
                throw PostgresErrors.vanished(plan, e);
            }
            throw e;
        }
    }
}
