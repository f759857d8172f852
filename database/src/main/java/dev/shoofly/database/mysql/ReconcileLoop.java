package dev.shoofly.database.mysql;

import dev.shoofly.database.Contention;
import dev.shoofly.database.connection.Pause;
import dev.shoofly.database.control.Misfit;
import dev.shoofly.database.control.MisfitRows;
import dev.shoofly.database.mysql.ValueExchange.ValueHeld;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Writes a batch, by as many transactions as it takes: all of it at once; if unique values are in the way, all but the rows
 * concerned, and these in small groups that make room for themselves. The smaller the transaction, the less time for a hot
 * value to move again, so one row alone gets through where a batch would starve. Every failure has rolled its transaction
 * back before anything else is done. Thread-safe.
 */
final class ReconcileLoop {
    private static final int MOST_TRIES = 200;
    private static final int TRIES_WITHOUT_PAUSE = 3;
    /** Conflicts that were over when looked at, before every row counts as concerned. */
    private static final int MOST_VANISHED = 3;

    /** Searches that find no row which does not fit, though the batch was refused: rows change meanwhile. */
    private static final int VAIN_SEARCHES = 10;

    private static final int GROUP = 50;
    private static final int TRIES_PER_GROUP = 2;
    /** Of one group, between two for which rows in the way are looked for in the whole shadow. */
    private static final int TRIES_BY_INDEX = 10;

    private static final Duration LONGEST_PAUSE = Duration.ofMillis(20);
    private final MigrationSql sql;
    private final TwinTable twin;
    private final UniqueValues values;
    private final ReconcileSql statements;
    private final ValueExchange exchange;
    private final RealDuplicates duplicates;
    private final OffendingKey offendingKey;
    private final MisfitSearch misfits;
    private final Unfit unfit;

    /** What becomes of rows that the shadow does not take. */
    enum Unfit {
        /** They end the batch, and what it belongs to. */
        REFUSED,
        /** They leave it, and are noted: on the way back, by whoever can write the control tables. */
        SET_ASIDE
    }

    ReconcileLoop(MigrationSql sql, TwinTable twin, Unfit unfit, ReconcileSql.Writers writers) {
        this.sql = sql;
        this.twin = twin;
        this.values = new UniqueValues(sql, twin);
        this.statements = new ReconcileSql(sql, writers);
        this.exchange = new ValueExchange(sql, twin, values, statements);
        this.duplicates = new RealDuplicates(sql, twin, values);
        this.offendingKey = new OffendingKey(sql, twin);
        this.misfits = new MisfitSearch(sql, twin);
        this.unfit = unfit;
    }

    /** Begins, does the work and commits; or rolls back and throws. */
    @FunctionalInterface
    interface Transaction {
        /**
         * @param keys of the batch that the work comes to
         * @param last whether nothing of the batch is left after this
         */
        void run(Work work, int keys, boolean last) throws SQLException;
    }

    /** What a transaction writes. */
    @FunctionalInterface
    interface Work {
        void write(Connection connection) throws SQLException;
    }

    /** @param cleared shadow rows of other keys that were deleted */
    record Result(int retries, int cleared, Contention contention) {}

    /**
     * @param locked told once the shadow rows of a transaction's keys are locked
     * @throws ShooflyException DATA for duplicates and values that do not fit; TRANSIENT when it does not end
     * @throws SQLException what the server says otherwise
     */
    Result run(
            Connection connection,
            List<RowKey> keys,
            RealDuplicates.Search search,
            Runnable locked,
            Transaction transaction)
            throws SQLException {
        Run run = new Run(connection, search, locked, transaction);
        try {
            run.writeAll(keys);
        } finally {
            run.close();
        }
        return new Result(run.retries, run.cleared, run.tally.total());
    }

    /** One batch. */
    private final class Run {
        private final Connection connection;
        private final RealDuplicates.Search search;
        private final Runnable locked;
        private final Transaction transaction;
        private final Contention.Tally tally = new Contention.Tally();
        private int retries;
        private int cleared;
        private int vainSearches;
        private boolean hasTwin;

        Run(Connection connection, RealDuplicates.Search search, Runnable locked, Transaction transaction) {
            this.connection = connection;
            this.search = search;
            this.locked = locked;
            this.transaction = transaction;
        }

        void writeAll(List<RowKey> keys) throws SQLException {
            Set<RowKey> plain = new LinkedHashSet<>(keys);
            List<RowKey> contested = new ArrayList<>();
            Map<RowKey, Misfit> aside = new LinkedHashMap<>();
            int vanished = 0;
            int tries = 0;
            while (contested.isEmpty() || !plain.isEmpty() || !aside.isEmpty()) {
                List<RowKey> now = List.copyOf(plain);
                try {
                    transaction.run(
                            c -> {
                                statements.upsert(c, now, locked);
                                settle(c, now, aside);
                            },
                            now.size() + aside.size(),
                            contested.isEmpty());
                    break;
                } catch (SQLException e) {
                    tries++;
                    if (isUnfit(e)) {
                        takeOut(plain, aside, e);
                        continue;
                    }
                    if (!isConflict(e, now, tries)) {
                        continue;
                    }
                    Set<RowKey> needing;
                    try {
                        needing = needing(now);
                    } catch (TwinTable.DoesNotFit misfit) {
                        takeOut(plain, aside, misfit);
                        continue;
                    }
                    if (needing.isEmpty() && ++vanished < MOST_VANISHED) {
                        continue;
                    }
                    contested.addAll(needing.isEmpty() ? now : needing);
                    plain.removeAll(contested);
                }
            }
            exchange(contested);
        }

        /** In the transaction that has written the others of these rows. */
        private void settle(Connection open, List<RowKey> written, Map<RowKey, Misfit> aside) throws SQLException {
            if (unfit == Unfit.REFUSED) {
                return;
            }
            MisfitRows.forget(open, sql.plan().id(), written);
            if (!aside.isEmpty()) {
                List<RowKey> keys = List.copyOf(aside.keySet());
                MisfitRows.forget(open, sql.plan().id(), keys);
                // What is there is no row of the new table any more, and would keep its unique values from others.
                statements.lock(open, keys);
                statements.makeRoom(open, keys);
                MisfitRows.setAside(open, sql.plan().id(), aside.values());
            }
        }

        /** A value that does not fit. A guard that overflows is a conflict, and is looked into as one. */
        private boolean isUnfit(SQLException e) {
            return e instanceof TwinTable.DoesNotFit
                    || MySqlErrors.isData(e) && !MySqlErrors.isUniqueConflict(e) && !(e instanceof ValueHeld);
        }

        /**
         * Takes the rows that do not fit out of {@code among}.
         *
         * @throws ShooflyException DATA when they are refused, or cannot be found
         */
        private void takeOut(Collection<RowKey> among, Map<RowKey, Misfit> aside, SQLException e) throws SQLException {
            List<RowKey> keys = List.copyOf(among);
            retries++;
            if (unfit == Unfit.REFUSED || vainSearches >= VAIN_SEARCHES) {
                throw offendingKey.explain(connection, MigrationSql.Rows.of(keys), e);
            }
            makeTwin();
            Map<RowKey, Misfit> found = misfits.among(connection, keys);
            if (found.isEmpty()) {
                vainSearches++;
                Pause.jittered(
                        LONGEST_PAUSE, "reconciling rows of " + sql.plan().source());
            }
            aside.putAll(found);
            among.removeAll(found.keySet());
        }

        /** Keys, as the batch spells them, of rows whose values other rows of the shadow hold. */
        private Set<RowKey> needing(List<RowKey> keys) throws SQLException {
            makeTwin();
            twin.fill(connection, MigrationSql.Rows.of(keys));
            Set<RowKey> needing =
                    values.conflicts(connection, UniqueValues.Search.BY_INDEX).needing();
            // A row that the batch spells otherwise ('a' for 'A') is not found among its keys; then all are concerned.
            return keys.containsAll(needing) ? needing : new LinkedHashSet<>(keys);
        }

        private void exchange(List<RowKey> contested) throws SQLException {
            Deque<List<RowKey>> groups = new ArrayDeque<>();
            for (int at = 0; at < contested.size(); at += GROUP) {
                groups.add(contested.subList(at, Math.min(contested.size(), at + GROUP)));
            }
            while (!groups.isEmpty()) {
                List<RowKey> group = groups.remove();
                if (!exchangeGroup(group, groups.isEmpty())) {
                    int half = group.size() / 2;
                    groups.addFirst(group.subList(half, group.size()));
                    groups.addFirst(group.subList(0, half));
                }
            }
        }

        /** @return false when the group is to be taken apart */
        private boolean exchangeGroup(List<RowKey> group, boolean last) throws SQLException {
            makeTwin();
            List<RowKey> rest = new ArrayList<>(group);
            Map<RowKey, Misfit> aside = new LinkedHashMap<>();
            int conflicts = 0;
            for (int tries = 1; ; tries++) {
                int[] made = new int[1];
                UniqueValues.Search how =
                        tries % TRIES_BY_INDEX == 0 ? UniqueValues.Search.THOROUGH : UniqueValues.Search.BY_INDEX;
                List<RowKey> now = List.copyOf(rest);
                try {
                    transaction.run(
                            c -> {
                                made[0] = now.isEmpty() ? 0 : exchange.write(c, now, how, locked);
                                settle(c, now, aside);
                            },
                            group.size(),
                            last);
                    cleared += made[0];
                    return true;
                } catch (SQLException e) {
                    if (isUnfit(e)) {
                        takeOut(rest, aside, e);
                        continue;
                    }
                    if (isConflict(e, now, tries)
                            && requireDistinct(e, rest, aside)
                            && ++conflicts >= TRIES_PER_GROUP
                            && rest.size() > 1) {
                        return false;
                    }
                }
            }
        }

        /** @return false when rows do not fit, so that no more can be said of them */
        private boolean requireDistinct(SQLException e, List<RowKey> rest, Map<RowKey, Misfit> aside)
                throws SQLException {
            List<RowKey> holders = e instanceof ValueHeld held ? held.holders() : List.of();
            try {
                duplicates.requireNone(connection, MigrationSql.Rows.of(rest).and(holders), search);
                return true;
            } catch (TwinTable.DoesNotFit misfit) {
                takeOut(rest, aside, misfit);
                return false;
            }
        }

        /** Counts and pauses; throws what no further try cures. False: tried again as it is. */
        private boolean isConflict(SQLException e, List<RowKey> keys, int tries) throws SQLException {
            tally.met(e);
            boolean conflict =
                    e instanceof ValueHeld || (MySqlErrors.isUniqueConflict(e) && !(e instanceof TwinTable.DoesNotFit));
            if (!conflict && !MySqlErrors.isContention(e)) {
                throw e;
            }
            if (tries >= MOST_TRIES) {
                throw givenUp(keys, e);
            }
            retries++;
            if (conflict) {
                tally.conflictRound();
            }
            if (tries >= TRIES_WITHOUT_PAUSE) {
                Pause.jittered(
                        LONGEST_PAUSE, "reconciling rows of " + sql.plan().source());
            }
            return conflict;
        }

        private void makeTwin() throws SQLException {
            if (!hasTwin) {
                hasTwin = true;
                twin.create(connection);
            }
        }

        void close() {
            if (hasTwin) {
                twin.release(connection);
            }
        }
    }

    private ShooflyException givenUp(List<RowKey> keys, SQLException last) {
        return new ShooflyException(
                ErrorKind.TRANSIENT,
                "could not write " + keys.size() + " rows of " + sql.plan().source() + " to "
                        + sql.plan().shadow()
                        + " in " + MOST_TRIES + " tries; the last one said: " + last.getMessage()
                        + ". They are in the changes topic still and are written later.",
                last);
    }
}
