package dev.shoofly.database.mysql;

import dev.shoofly.database.ChunkCopier;
import dev.shoofly.database.Contention;
import dev.shoofly.database.DirtyKeys;
import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.database.connection.Pause;
import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.database.connection.Transactions;
import dev.shoofly.database.control.ProgressRows;
import dev.shoofly.database.control.Segment;
import dev.shoofly.database.control.SegmentRows;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.KeyRange;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** copy(range) and its sweep. Thread-safe; one caller per segment. */
final class MySqlCopier implements ChunkCopier {
    private static final int MOST_TRIES = 30;
    private static final int TRIES_WITH_CONFLICTS = 5;
    private static final Duration LONGEST_PAUSE = Duration.ofMillis(50);
    private final ConnectionPool pool;
    private final FaultPoints faultPoints;
    private final MigrationSql sql;
    private final TwinTable twin;
    private final UniqueValues values;
    private final RealDuplicates duplicates;
    private final OffendingKey offendingKey;
    private volatile @Nullable String hint;

    MySqlCopier(ConnectionPool pool, MigrationSql sql, FaultPoints faultPoints) {
        this.pool = pool;
        this.faultPoints = faultPoints;
        this.sql = sql;
        this.twin = new TwinTable(sql);
        this.values = new UniqueValues(sql, twin);
        this.duplicates = new RealDuplicates(sql, twin, values);
        this.offendingKey = new OffendingKey(sql, twin);
    }

    @Override
    public Optional<RowKey> highestKey() {
        return pool.with(
                "reading the highest key of " + sql.plan().source(),
                connection -> SqlText.of("SELECT " + sql.sourceKey().texts("") + sql.fromSource() + " ORDER BY "
                                + sql.sourceKey().descending() + " LIMIT 1")
                        .list(connection, sql.sourceKey()::read)
                        .stream()
                        .findFirst());
    }

    @Override
    public RowKey chunkEnd(@Nullable RowKey lowerExclusive, RowKey limitInclusive, int rows) {
        return pool.with(
                "cutting a chunk of " + sql.plan().source(),
                connection -> sql
                        .nthKey(new KeyRange(lowerExclusive, limitInclusive), rows)
                        .list(connection, sql.sourceKey()::read)
                        .stream()
                        .findFirst()
                        .orElse(limitInclusive));
    }

    @Override
    public long estimateRows(KeyRange range) {
        return pool.with(
                "estimating rows of " + sql.plan().source(),
                connection -> SqlText.of("EXPLAIN SELECT 1" + sql.fromSource() + " WHERE ")
                        .add(sql.sourceKey().range("", range))
                        .list(connection, row -> row.getLong("rows"))
                        .stream()
                        .mapToLong(Long::longValue)
                        .max()
                        .orElse(0));
    }

    @Override
    public ChunkResult copy(Segment segment, KeyRange chunk, boolean last, DirtyKeys dirtyKeys) {
        RowKey end = chunk.upperInclusive();
        if (end == null) {
            throw new IllegalArgumentException("a chunk has an end: its key is the segment's next position");
        }
        try (Connection connection = pool.borrow()) {
            Inserted inserted = insert(connection, segment, chunk);
            List<RowKey> deferred = inserted.deferred() ? missing(connection, chunk) : List.of();
            if (!deferred.isEmpty()) {
                dirtyKeys.publish(deferred);
            }
            faultPoints.reach("copy.before-sweep");
            boolean undisturbed =
                    ProgressRows.isAtRestSince(connection, sql.plan().id(), inserted.keysApplied());
            int swept =
                    Transactions.run(connection, c -> sweep(c, segment, chunk, inserted, undisturbed, last, dirtyKeys));
            return new ChunkResult(inserted.rows(), swept, deferred.size(), inserted.retries(), inserted.contention());
        } catch (SQLException e) {
            throw failure(chunk, e);
        }
    }

    /**
     * @param keysApplied by all appliers, before the rows were read; -1: what the range holds may be older than that
     * @param deferred whether unique conflicts would not end; the rows are left to the appliers
     */
    private record Inserted(long rows, long keysApplied, int retries, boolean deferred, Contention contention) {}

    /** What one try has come to. */
    private static final class Try {
        /** Whether nothing was looked for in the shadow, whose range was empty. */
        private boolean plain;
        /** As in {@link Inserted}. */
        private long keysApplied = -1;

        private long rows;
    }

    private Inserted insert(Connection connection, Segment segment, KeyRange chunk) throws SQLException {
        MigrationSql.Rows rows = MigrationSql.Rows.of(chunk);
        Contention.Tally tally = new Contention.Tally();
        int conflictsMet = 0;
        boolean conflict = false;
        boolean plainMet = false;
        for (int retries = 0; ; retries++) {
            Try now = new Try();
            try {
                if (conflict) {
                    requireNoDuplicates(connection, rows);
                    conflict = false;
                }
                boolean mayBePlain = !plainMet;
                Transactions.run(connection, c -> {
                    insertOnce(c, segment, rows, mayBePlain, now);
                    return true;
                });
                return new Inserted(now.rows, now.keysApplied, retries, false, tally.total());
            } catch (SQLException e) {
                tally.met(e);
                if (MySqlErrors.isDuplicate(e) && now.plain) {
                    // Most likely an applier brought a row of the range meanwhile: the next try looks at each.
                    plainMet = true;
                    continue;
                }
                if (MySqlErrors.isDuplicate(e)) {
                    conflict = true;
                    conflictsMet++;
                    tally.conflictRound();
                    if (conflictsMet >= TRIES_WITH_CONFLICTS) {
                        return new Inserted(0, now.keysApplied, retries, true, tally.total());
                    }
                } else if (MySqlErrors.isData(e)) {
                    throw offendingKey.explain(connection, rows, e);
                } else if (!MySqlErrors.isContention(e) || retries >= MOST_TRIES) {
                    throw e;
                }
                Pause.jittered(LONGEST_PAUSE, "copying rows of " + sql.plan().source());
            }
        }
    }

    private void insertOnce(Connection connection, Segment segment, MigrationSql.Rows rows, boolean mayBePlain, Try now)
            throws SQLException {
        SegmentRows.lock(connection, segment);
        // Before the rows are read: whoever came to one of their keys later is counted later.
        long before = ProgressRows.keysApplied(connection, sql.plan().id());
        now.plain = mayBePlain && isEmpty(connection, rows);
        // Of a range that was not empty the rows may be those of an earlier try whose commit was not heard of.
        now.keysApplied = now.plain ? before : -1;
        now.rows = now.plain ? insertAll(connection, rows) : insertAbsent(connection, rows);
        faultPoints.reach("copy.before-commit");
    }

    private boolean isEmpty(Connection connection, MigrationSql.Rows rows) throws SQLException {
        return SqlText.of("SELECT 1 FROM " + sql.shadow() + " AS s"
                        + sql.shadowKey().forced() + " WHERE ")
                .add(rows.on(sql.shadowKey(), "s."))
                .add(" LIMIT 1")
                .list(connection, row -> true)
                .isEmpty();
    }

    /**
     * A value that moved is left to the appliers, who alone delete rows. Also called for a conflict on the shared key
     * itself, where an applier inserted a row after our read: the next try's new read view sees that row.
     */
    private void requireNoDuplicates(Connection connection, MigrationSql.Rows rows) throws SQLException {
        twin.create(connection);
        try {
            twin.fill(connection, rows);
            List<RowKey> holders =
                    values.conflicts(connection, UniqueValues.Search.BY_INDEX).holding().values().stream()
                            .flatMap(Set::stream)
                            .distinct()
                            .toList();
            duplicates.requireNone(connection, rows.and(holders), RealDuplicates.Search.WIDE);
        } finally {
            twin.release(connection);
        }
    }

    /** Into a range that was empty a moment ago, without looking for each row: a third less work. */
    private long insertAll(Connection connection, MigrationSql.Rows rows) throws SQLException {
        return insertFrom(connection, rows).update(connection);
    }

    private SqlText insertFrom(Connection connection, MigrationSql.Rows rows) throws SQLException {
        // Never INSERT IGNORE or ON DUPLICATE KEY UPDATE: both would pass over a row that a secondary key refuses.
        return SqlText.of("INSERT " + hint(connection) + "INTO " + sql.shadow() + " (" + sql.columns() + ") SELECT "
                        + sql.projection() + " FROM " + sql.source() + " AS o"
                        + sql.sourceKey().forced() + " WHERE ")
                .add(rows.on(sql.sourceKey(), "o."));
    }

    /** Asked once: this copier lives as long as one run of the copy. */
    private String hint(Connection connection) throws SQLException {
        String known = hint;
        if (known == null) {
            known = BulkPriority.hint(connection);
            hint = known;
        }
        return known;
    }

    private long insertAbsent(Connection connection, MigrationSql.Rows rows) throws SQLException {
        // Not a join, so that the projection's columns need no qualifier; the hint, because as a semijoin the optimizer
        // may materialise the whole shadow.
        return insertFrom(connection, rows)
                .add(" AND NOT EXISTS (SELECT /*+ NO_SEMIJOIN() */ 1 FROM " + sql.shadow() + " AS s"
                        + sql.shadowKey().forced() + " WHERE "
                        + sql.shadowKey().joins("s.", sql.sourceKey(), "o.") + ")")
                .update(connection);
    }

    private List<RowKey> missing(Connection connection, KeyRange chunk) throws SQLException {
        return SqlText.of("SELECT " + sql.sourceKey().texts("o.") + " FROM " + sql.source() + " AS o"
                        + sql.sourceKey().forced() + " WHERE ")
                .add(sql.sourceKey().range("o.", chunk))
                .add(" AND NOT EXISTS (SELECT /*+ NO_SEMIJOIN() */ 1 FROM " + sql.shadow() + " AS s"
                        + sql.shadowKey().forced() + " WHERE "
                        + sql.shadowKey().joins("s.", sql.sourceKey(), "o.") + ")")
                .list(connection, sql.sourceKey()::read);
    }

    /**
     * Rows deleted at the source between the copy's read and its commit, whose reconcile found nothing to delete. Only
     * after the copy's commit does a reader of the shadow see them. Their keys go to their owners, who alone delete.
     *
     * <p>There are none when the range was empty before and no applier came to any key since: a reconcile that missed one
     * of our rows began after the row was deleted, so after our read, and before our commit. It has ended by now and
     * counts its keys, or it is under way and is waited for.
     *
     * @param undisturbed whether that was found to be so, after the commit
     */
    private int sweep(
            Connection connection,
            Segment segment,
            KeyRange chunk,
            Inserted inserted,
            boolean undisturbed,
            boolean last,
            DirtyKeys dirtyKeys)
            throws SQLException {
        SegmentRows.lock(connection, segment);
        List<RowKey> ghosts = undisturbed ? List.of() : ghosts(connection, chunk);
        if (!ghosts.isEmpty()) {
            dirtyKeys.publish(ghosts);
        }
        RowKey end = chunk.upperInclusive();
        if (end != null) {
            SegmentRows.checkpoint(connection, segment, end, inserted.rows(), last);
        }
        return ghosts.size();
    }

    private List<RowKey> ghosts(Connection connection, KeyRange chunk) throws SQLException {
        return SqlText.of("SELECT " + sql.shadowKey().texts("s.") + " FROM " + sql.shadow() + " AS s"
                        + sql.shadowKey().forced() + " WHERE ")
                .add(sql.shadowKey().range("s.", chunk))
                .add(" AND NOT EXISTS (SELECT /*+ NO_SEMIJOIN() */ 1 FROM " + sql.source() + " AS o"
                        + sql.sourceKey().forced() + " WHERE "
                        + sql.sourceKey().joins("o.", sql.shadowKey(), "s.") + ")")
                .list(connection, sql.shadowKey()::read);
    }

    private ShooflyException failure(KeyRange chunk, SQLException error) {
        return new ShooflyException(
                SqlErrors.kind(error),
                "copying the rows of " + sql.plan().source() + " after " + chunk.lowerExclusive() + " up to "
                        + chunk.upperInclusive() + " failed: " + SqlErrors.serverSaid(error)
                        + ". The chunk is not checkpointed; repeating it is safe.",
                error);
    }
}
