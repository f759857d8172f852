package dev.shoofly.database.postgres;

import dev.shoofly.database.Contention;
import dev.shoofly.database.DuplicateRows;
import dev.shoofly.database.Reconciler;
import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.database.connection.SqlWork;
import dev.shoofly.database.connection.Transactions;
import dev.shoofly.database.control.Misfit;
import dev.shoofly.database.control.MisfitRows;
import dev.shoofly.database.control.ProgressRows;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShadowNames;
import dev.shoofly.model.ShooflyException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** reconcile(keys) in one transaction per batch, the progress row locked first. */
final class PostgresReconciler implements Reconciler {
    private static final Logger LOG = LoggerFactory.getLogger(PostgresReconciler.class);

    /** Tries of a whole batch before it is taken apart, so that a hot row does not starve the rest. */
    private static final int WHOLE_TRIES = 3;

    private static final int MOST_TRIES = 200;
    /** Searches that find no row which does not fit, though the batch was refused: rows change meanwhile. */
    private static final int VAIN_SEARCHES = 10;

    private final ConnectionPool pool;
    private final MigrationPlan plan;
    private final FaultPoints faultPoints;
    private final ReconcileStatements statements;
    private final UniqueConflicts conflicts;
    private final LateKey lateKey;
    /** Rows that do not fit are set aside: on the way back they cost the rollback only, and only while they are there. */
    private final boolean setsAside;

    PostgresReconciler(ConnectionPool pool, MigrationPlan plan, FaultPoints faultPoints) {
        this.pool = pool;
        this.plan = plan;
        this.faultPoints = faultPoints;
        this.statements = new ReconcileStatements(plan);
        this.conflicts = new UniqueConflicts(plan);
        this.lateKey = new LateKey(pool, plan);
        // A window that an earlier version opened may not put aside all that a row would lose.
        this.setsAside = ShadowNames.isWayBack(plan)
                && SwapState.of(plan).kept().containsAll(plan.projection().added());
    }

    @Override
    public boolean waitsByTransaction() {
        return true;
    }

    @Override
    public Outcome apply(Batch batch) {
        Counts counts = new Counts();
        lateKey.awaitPresence();
        pool.with("reconciling " + batch.keys().size() + " keys of " + plan.source(), connection -> {
            // Before the transaction: a delivered change may not be readable yet, and nothing must be locked meanwhile.
            VisibilityWait.await(connection, batch.transactions());
            faultPoints.reach("reconcile.before-read");
            reconcile(connection, frame(batch), batch.keys(), true, counts);
            return true;
        });
        return new Outcome(batch.keys().size(), counts.retries, counts.cleared, counts.contention.total());
    }

    /**
     * Makes the shadow rows of these keys equal to what the source holds now. For the migration's owner, whether appliers
     * stand still or not: they wait meanwhile. Saves no progress, for no change is taken from the topic.
     */
    void bringUpToDate(List<RowKey> keys) {
        pool.with("bringing " + keys.size() + " rows of " + plan.shadow() + " up to date", connection -> {
            reconcile(connection, frameOfOwner(), keys, true, new Counts());
            return true;
        });
    }

    /** What surrounds the writing of rows in a transaction. */
    private interface Frame {
        /** Makes the caller the only one who writes these rows. */
        void open(Connection connection) throws SQLException;

        /**
         * @param keys that the transaction came to
         * @param last whether nothing is left to be written after it
         */
        void close(Connection connection, int keys, boolean last) throws SQLException;
    }

    private Frame frame(Batch batch) {
        return new Frame() {
            @Override
            public void open(Connection connection) throws SQLException {
                ProgressRows.lock(connection, plan.id(), batch.partition(), batch.epoch());
            }

            @Override
            public void close(Connection connection, int keys, boolean last) throws SQLException {
                if (last) {
                    ProgressRows.save(
                            connection, plan.id(), batch.partition(), batch.nextOffset(), batch.marker(), keys);
                } else {
                    ProgressRows.count(connection, plan.id(), batch.partition(), keys);
                }
            }
        };
    }

    private Frame frameOfOwner() {
        return new Frame() {
            @Override
            public void open(Connection connection) throws SQLException {
                // All of them: the keys are of any partition, and a row must not be written twice at a time.
                ProgressRows.lockAll(connection, plan.id());
            }

            @Override
            public void close(Connection connection, int keys, boolean last) {}
        };
    }

    private static final class Counts {
        private int retries;
        private int cleared;
        /** Rows of the batch that the shadow does not take, by key as the batch spells it. */
        private final Map<RowKey, Misfit> aside = new HashMap<>();

        private int vainSearches;
        private int brokenSearches;
        private final Contention.Tally contention = new Contention.Tally();
    }

    /** @param last whether nothing of the batch is left after these keys */
    private void reconcile(Connection connection, Frame frame, List<RowKey> keys, boolean last, Counts counts)
            throws SQLException {
        for (int attempt = 1; ; attempt++) {
            try {
                transaction(connection, frame, keys, last, counts);
                return;
            } catch (SQLException e) {
                if (setsAside && PostgresErrors.isDataError(e)) {
                    setAside(connection, frame, keys, e, counts);
                    continue;
                }
                refuseFatal(e, keys, attempt);
                counts.retries++;
                counts.contention.met(e);
                if (PostgresErrors.isUniqueConflict(e)) {
                    counts.contention.conflictRound();
                    int cleared;
                    try {
                        // What is set aside needs no room, and its values cannot be read as the shadow's.
                        cleared = makeRoom(connection, e, fitting(keys, counts), attempt);
                    } catch (SQLException other) {
                        if (!setsAside || !PostgresErrors.isDataError(other)) {
                            throw other;
                        }
                        // What the rows would be in the shadow was asked, and one of them is nothing there.
                        setAside(connection, frame, keys, other, counts);
                        cleared = 0;
                    }
                    counts.cleared += cleared;
                    if (attempt >= WHOLE_TRIES && keys.size() > 1) {
                        // The smaller the transaction, the shorter the time in which a value can move again.
                        int half = keys.size() / 2;
                        reconcile(connection, frame, keys.subList(0, half), false, counts);
                        reconcile(connection, frame, keys.subList(half, keys.size()), last, counts);
                        return;
                    }
                    if (cleared > 0) {
                        continue;
                    }
                }
                pause(attempt);
            }
        }
    }

    private void setAside(Connection connection, Frame frame, List<RowKey> keys, SQLException error, Counts counts)
            throws SQLException {
        List<RowKey> fitting = fitting(keys, counts);
        Map<RowKey, Misfit> found;
        try {
            found = Transactions.undone(connection, open -> {
                frame.open(open);
                return new MisfitSearch(open, plan, statements).among(fitting);
            });
        } catch (MisfitSearch.KeyDoesNotFit e) {
            throw new OffendingRow(pool, plan).explain(error, fitting);
        } catch (SQLException e) {
            if (!PostgresErrors.isLockConflict(e) || ++counts.brokenSearches >= MOST_TRIES) {
                throw e;
            }
            // It was in somebody's way, which says nothing of the rows.
            counts.contention.met(e);
            pause(counts.brokenSearches);
            return;
        }
        counts.aside.putAll(found);
        if (found.isEmpty()) {
            // Changed meanwhile.
            if (++counts.vainSearches > VAIN_SEARCHES) {
                throw new OffendingRow(pool, plan).explain(error, fitting);
            }
            pause(counts.vainSearches);
        }
    }

    private static List<RowKey> fitting(List<RowKey> keys, Counts counts) {
        return counts.aside.isEmpty()
                ? keys
                : keys.stream().filter(key -> !counts.aside.containsKey(key)).toList();
    }

    private void write(Connection connection, List<RowKey> keys, Counts counts) throws SQLException {
        List<RowKey> fitting = fitting(keys, counts);
        if (!fitting.isEmpty()) {
            statements.run(connection, fitting);
        }
        if (!setsAside) {
            return;
        }
        MisfitRows.forget(connection, plan.id(), keys);
        if (fitting.size() < keys.size()) {
            List<RowKey> others =
                    keys.stream().filter(counts.aside::containsKey).toList();
            // What is there is no row of the new table any more, and would keep its unique values from others.
            statements.remove(connection, others);
            MisfitRows.setAside(
                    connection,
                    plan.id(),
                    others.stream()
                            .map(key -> Objects.requireNonNull(counts.aside.get(key)))
                            .toList());
        }
    }

    private void transaction(Connection connection, Frame frame, List<RowKey> keys, boolean last, Counts counts)
            throws SQLException {
        Transactions.run(connection, open -> {
            frame.open(open);
            // Under a progress row, which whoever takes the key away needs first: so it stays until the commit.
            lateKey.requirePresence(open);
            faultPoints.reach("reconcile.after-lock");
            if (!keys.isEmpty()) {
                write(open, keys, counts);
            }
            frame.close(open, keys.size(), last);
            faultPoints.reach("reconcile.before-commit");
            return true;
        });
    }

    private void refuseFatal(SQLException error, List<RowKey> keys, int attempt) throws SQLException {
        if (PostgresErrors.isMissingTable(error)) {
            throw PostgresErrors.vanished(plan, error);
        }
        if (PostgresErrors.isNoArbiter(error) && lateKey.isPossible()) {
            throw lateKey.absent(error);
        }
        if (PostgresErrors.isDataError(error)) {
            throw new OffendingRow(pool, plan).explain(error, keys);
        }
        boolean repeatable = PostgresErrors.isUniqueConflict(error) || PostgresErrors.isLockConflict(error);
        if (SqlErrors.isConnectionLoss(error) || !repeatable || attempt >= MOST_TRIES) {
            throw error;
        }
    }

    private int makeRoom(Connection connection, SQLException error, List<RowKey> keys, int attempt)
            throws SQLException {
        UniqueRule rule = inShort(connection, open -> rule(open, error)).orElse(null);
        if (rule == null || !rule.computable()) {
            if (attempt < WHOLE_TRIES) {
                return 0;
            }
            throw UniqueDuplicates.error(plan, error, rule, List.of());
        }
        int cleared = clear(connection, rule, keys);
        if (cleared == 0 && attempt >= WHOLE_TRIES) {
            requireDistinct(connection, error, rule, keys);
        }
        return cleared;
    }

    private void requireDistinct(Connection connection, SQLException error, UniqueRule rule, List<RowKey> keys)
            throws SQLException {
        List<RowKey> among = new ArrayList<>(keys);
        among.addAll(inShort(connection, open -> conflicts.holders(open, rule, keys)));
        List<DuplicateRows.Pair> pairs = inShort(connection, open -> conflicts.duplicates(open, rule, among));
        if (!pairs.isEmpty()) {
            throw UniqueDuplicates.error(plan, error, rule, DuplicateRows.merged(pairs, searched(connection, rule)));
        }
    }

    /** For the report only: what goes wrong here must not hide what is proved. */
    private List<DuplicateRows.Pair> searched(Connection connection, UniqueRule rule) {
        try {
            return inShort(connection, open -> conflicts.search(open, rule));
        } catch (SQLException e) {
            LOG.debug("no further duplicates of {} are listed: {}", plan.source(), e.getMessage());
            return List.of();
        }
    }

    private int clear(Connection connection, UniqueRule rule, List<RowKey> keys) throws SQLException {
        try {
            return inShort(connection, open -> conflicts.clear(open, rule, keys).size());
        } catch (SQLException e) {
            if (PostgresErrors.isLockConflict(e)) {
                return 0;
            }
            if (setsAside && PostgresErrors.isDataError(e)) {
                return inShort(connection, open -> conflicts.clearEach(open, rule, keys));
            }
            throw e;
        }
    }

    private Optional<UniqueRule> rule(Connection connection, SQLException error) throws SQLException {
        String constraint = PostgresErrors.constraint(error);
        return constraint == null ? Optional.empty() : UniqueRule.read(connection, plan, constraint);
    }

    private static <T> T inShort(Connection connection, SqlWork<T> work) throws SQLException {
        return Transactions.run(connection, work);
    }

    private static void pause(int attempt) {
        try {
            long most = Math.min(200, 2L << Math.min(attempt, 7));
            Thread.sleep(ThreadLocalRandom.current().nextLong(1, most + 1));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ShooflyException(ErrorKind.SUPERSEDED, "reconciling was interrupted; nothing was written", e);
        }
    }
}
