package dev.shoofly.database.postgres;

import static dev.shoofly.database.connection.ConnectionPool.execute;
import static dev.shoofly.database.postgres.PostgresNames.quote;

import dev.shoofly.database.Blocker;
import dev.shoofly.database.BlockingSession;
import dev.shoofly.database.ChangeLog;
import dev.shoofly.database.DatabaseKind;
import dev.shoofly.database.LastChanges;
import dev.shoofly.database.StallBudget;
import dev.shoofly.database.StallWatch;
import dev.shoofly.database.TableSwap;
import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.database.connection.Transactions;
import dev.shoofly.database.control.ControlTables;
import dev.shoofly.database.control.MigrationRows;
import dev.shoofly.database.control.MisfitRows;
import dev.shoofly.database.control.Misfits;
import dev.shoofly.database.control.ProgressRows;
import dev.shoofly.database.control.RollbackRows;
import dev.shoofly.model.CutoverSettings;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.MigrationState;
import dev.shoofly.model.ShooflyException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;

/** The cut-over: locks, remainder and swap in one transaction on one connection. */
final class PostgresSwap implements TableSwap {
    private static final Duration MOMENT = Duration.ofMillis(100);
    /** Longer than any server needs; a connection that is dead is not waited for under the locks. */
    private static final int BESIDE_WITHIN_MILLIS = 2_000;

    private final ConnectionPool pool;
    private final MigrationPlan plan;
    private final Direction direction;
    private final FaultPoints faultPoints;
    /**
     * Whether the last attempt, a strict one, failed on readers who may want to write. With such an application a strict one
     * may never succeed, so the next is not.
     */
    private boolean readersStoodInTheWay;

    PostgresSwap(ConnectionPool pool, MigrationPlan plan, Direction direction, FaultPoints faultPoints) {
        this.pool = pool;
        this.plan = plan;
        this.direction = direction;
        this.faultPoints = faultPoints;
    }

    /**
     * Also gathers the planner's statistics of the shadow: the application will need them the moment it is swapped in. The old
     * table has those it has served with, and the server sees to them as it always did.
     */
    @Override
    public String completionPoint() {
        return pool.with("noting when the shadow of " + plan.source() + " was complete", connection -> {
            String point = Objects.requireNonNull(
                    PostgresCatalog.text(connection, "SELECT pg_snapshot_xmax(pg_current_snapshot())::text"));
            if (direction == Direction.FORWARD) {
                analyzeShadow(connection);
            }
            return point;
        });
    }

    private void analyzeShadow(Connection connection) throws SQLException {
        try {
            execute(connection, "ANALYZE " + quote(plan.shadow()));
        } catch (SQLException e) {
            // Autovacuum is at it already.
            if (!PostgresErrors.isLockTimeout(e)) {
                throw e;
            }
        }
    }

    @Override
    public List<Blocker> inTheWay(String completionPoint) {
        return pool.with(
                "looking for old transactions",
                connection -> CutoverBlockers.find(connection, plan.source(), completionPoint));
    }

    @Override
    public List<BlockingSession> blockingSessions(String completionPoint) {
        return pool.with(
                "looking for sessions that hold " + plan.source(),
                connection -> PostgresBlockingSessions.find(connection, plan, completionPoint));
    }

    @Override
    public Optional<String> end(BlockingSession session) {
        return pool.with(
                "ending " + session.words(),
                connection -> PostgresBlockingSessions.end(
                        connection, session, pool.profile().user()));
    }

    @Override
    public Outcome attempt(CutoverSettings settings, long epoch, Remainder remainder) {
        if (direction == Direction.BACK) {
            // First without locks: nobody is to wait for what cannot be.
            Misfits known = pool.with(
                    "looking for rows that do not fit " + plan.shadow(),
                    connection -> MisfitRows.summary(connection, plan.id()));
            if (!known.isEmpty()) {
                return new Outcome.DoesNotFit(known.words());
            }
        }
        Attempt attempt = new Attempt(settings, epoch, remainder);
        try (Connection connection = PostgresSession.connect(pool.profile());
                // Had before the first lock: under the locks there is no time to wait for one.
                Connection beside = PostgresSession.connect(pool.profile())) {
            beside.setNetworkTimeout(Runnable::run, BESIDE_WITHIN_MILLIS);
            OldTableFence.install(connection);
            AutovacuumYield.from(connection, plan);
            connection.setAutoCommit(false);
            try {
                return attempt.run(connection, beside);
            } finally {
                // Nothing to roll back after the commit; otherwise this is what releases the locks.
                Transactions.rollbackQuietly(connection);
            }
        } catch (SQLException e) {
            return attempt.failed(e);
        }
    }

    /** One attempt and how far it got. */
    private final class Attempt {
        private final CutoverSettings settings;
        private final long epoch;
        private final Remainder remainder;
        private final Attached attached = SwapState.of(plan).attached();
        /** From the first statement that gives another name. */
        private boolean exchanging;

        private boolean committing;
        /** From the first lock that makes the application wait. */
        private StallBudget budget;

        /** Whether writers are stopped before readers are. */
        private boolean strictly;

        private LastChanges changes;
        private Drained drained = Drained.of(List.of());

        Attempt(CutoverSettings settings, long epoch, Remainder remainder) {
            this.settings = settings;
            this.epoch = epoch;
            this.remainder = remainder;
            this.budget = new StallBudget(System.nanoTime(), settings.maxStall());
            this.changes = new LastChanges(remainder, settings, List.of());
        }

        private void stallsSince(long since) {
            budget = new StallBudget(since, settings.maxStall());
        }

        /** The source's lock holds everybody up while it is waited for. */
        private void waitForSource(Connection connection) throws SQLException {
            stallsSince(System.nanoTime());
            execute(
                    connection,
                    "SET LOCAL lock_timeout = "
                            + budget.atMost(settings.lockTimeout()).toMillis());
        }

        /** For a lock that comes when the application stands still already. */
        private void waitForWhatIsLeft(Connection connection, String forWhat) throws SQLException, NotDrained {
            if (budget.isOver()) {
                throw new NotDrained(forWhat + " still had to be locked");
            }
            execute(
                    connection,
                    "SET LOCAL lock_timeout = "
                            + budget.atMost(settings.lockTimeout()).toMillis());
        }

        /** @param beside writes before the locks, and ends under them what takes too long */
        Outcome run(Connection connection, Connection beside) throws SQLException {
            if (!isGone()) {
                look(connection);
            }
            execute(
                    connection,
                    "SET LOCAL lock_timeout = " + settings.lockTimeout().toMillis());
            // Should this process freeze with the locks held, the server ends the session and so the
            // application's wait.
            execute(
                    connection,
                    "SET LOCAL idle_in_transaction_session_timeout = "
                            + settings.drainTimeout().plusSeconds(10).toMillis());
            try {
                Optional<String> missing = lock(connection, beside);
                if (missing.isPresent()) {
                    String overdue = budget.isOver() ? budget.words() + ". " : "";
                    return new Outcome.NotSwapped(overdue + notLocked(missing.get()));
                }
                return underLock(connection, beside);
            } catch (NotDrained e) {
                return new Outcome.NotSwapped((budget.isOver() ? budget.words() + ". " : "") + e.getMessage());
            }
        }

        /**
         * Before the first lock. Leaves none: to describe a view the server locks what it reads, among it the source, and a swap that
         * held that could wait in a circle with somebody who waits for the table. The savepoint gives it back.
         */
        private void look(Connection connection) throws SQLException {
            execute(connection, "SAVEPOINT shoofly_look");
            // Whom to lock was written down before: should it be another by now, that must be what is said.
            PostgresSourceWatch.changeOfTable(connection, plan).ifPresent(change -> {
                throw changed(change);
            });
            SwapRehearsal.run(connection, plan, direction);
            execute(connection, "ROLLBACK TO SAVEPOINT shoofly_look; RELEASE SAVEPOINT shoofly_look");
        }

        /** @return what could not be had */
        private Optional<String> lock(Connection connection, Connection beside) throws SQLException, NotDrained {
            StrictDrain strict = new StrictDrain(plan, settings);
            SwapLocks locks = new SwapLocks(connection, plan, attached, settings);
            // Progress rows, then shadow, then source: the order of every applier, so that nobody deadlocks.
            changes = new LastChanges(remainder, settings, ProgressRows.holdEvery(connection, plan, epoch));
            faultPoints.reach(direction.point("progress-locked"));
            reconcileAhead(beside);
            // Asked as late as can be: whoever takes his snapshot after it queues on the lock at once.
            strictly = !readersStoodInTheWay && StrictDrain.isAdvised(connection);
            readersStoodInTheWay = false;
            if (strictly) {
                waitForSource(connection);
                // What it does takes as long as it may.
                beside.setNetworkTimeout(
                        Runnable::run,
                        Math.toIntExact(
                                Math.min(Integer.MAX_VALUE, settings.maxStall().toMillis() + BESIDE_WITHIN_MILLIS)));
                strict.run(connection, beside, budget, changes);
                beside.setNetworkTimeout(Runnable::run, BESIDE_WITHIN_MILLIS);
                waitForWhatIsLeft(connection, plan.shadow().toString());
            }
            execute(connection, "LOCK TABLE " + quote(plan.shadow()) + " IN ACCESS EXCLUSIVE MODE");
            if (strictly) {
                waitForWhatIsLeft(connection, plan.source().toString());
                Optional<String> missing =
                        locks.once(settings.lockTimeout().toMillis(), budget, () -> strict.lockOut(connection, budget));
                readersStoodInTheWay = missing.isPresent();
                return missing;
            }
            if (attached.hasOtherEnds()) {
                Optional<String> missing = locks.acquire();
                stallsSince(locks.since());
                return missing;
            }
            // A transaction that has read the table and now writes it is let in before us.
            waitForSource(connection);
            SourceLock.lock(connection, plan, "ACCESS EXCLUSIVE");
            return Optional.empty();
        }

        private void reconcileAhead(Connection beside) throws SQLException, NotDrained {
            AheadReconcile reconcile = new AheadReconcile(beside, plan, faultPoints, direction.point("ahead-written"));
            changes.reconcileAhead(false, reconcile::run);
            faultPoints.reach(direction.point("ahead"));
        }

        private Outcome underLock(Connection connection, Connection beside) throws SQLException, NotDrained {
            Misfits misfits = Misfits.NONE;
            int session = Integer.parseInt(
                    Objects.requireNonNull(PostgresCatalog.text(connection, "SELECT pg_backend_pid()::text")));
            try (StallWatch watch =
                    new StallWatch(budget, () -> execute(beside, "SELECT pg_cancel_backend(" + session + ")"))) {
                changes.locked();
                faultPoints.reach(direction.point("locked"));
                RemainderReconcile reconcile = new RemainderReconcile(connection, plan);
                reconcile.run(changes.delivered(budget));
                drained = changes.rest(budget);
                reconcile.run(drained.keys());
                if (direction == Direction.BACK) {
                    MisfitRows.forget(connection, plan.id(), changes.keysUnderLock());
                    misfits = MisfitRows.summary(connection, plan.id());
                }
                watch.settle();
            }
            if (!misfits.isEmpty()) {
                return new Outcome.DoesNotFit(misfits.words());
            }
            if (budget.isOver()) {
                return new Outcome.NotSwapped(budget.words());
            }
            faultPoints.reach(direction.point("drained"));
            swap(connection);
            return new Outcome.Swapped(
                    Duration.ofNanos(System.nanoTime() - budget.since()),
                    changes.keysUnderLock().size());
        }

        private String notLocked(String missing) {
            return missing.equals(quote(plan.source()))
                    ? (strictly
                                    ? "transactions that had read " + plan.source()
                                            + " did not end while writers were held back"
                                    : plan.source() + " was not granted within "
                                            + settings.lockTimeout().toMillis() + " ms (55P03)")
                            + ". Holder: " + holders()
                    : missing + ", which hangs on " + plan.source() + ", could not be locked together with it within "
                            + settings.lockTimeout().toMillis() + " ms. Holder: " + holders(missing);
        }

        private void swap(Connection connection) throws SQLException {
            execute(
                    connection,
                    "SET LOCAL lock_timeout = "
                            + budget.forExchange(settings.lockTimeout()).toMillis() + "; "
                            + SwapRehearsal.REUSE_PLANS);
            PostgresCatalog.qualifyEverything(connection);
            refuseIfChanged(connection);
            faultPoints.reach(direction.point("before-rename"));
            if (!attached.after().isEmpty() || !attached.partitioned().isEmpty()) {
                // What a rule, policy or view names besides is locked by making it, while everybody waits for us.
                execute(
                        connection,
                        "SET LOCAL lock_timeout = " + budget.forExchange(MOMENT).toMillis());
            }
            String statements = String.join(";\n", new SwapStatements(connection, plan, direction).all());
            exchanging = true;
            execute(connection, statements);
            if (isPublished(connection)) {
                PostgresChangeLog.rememberEntry(connection, plan, ChangeLog.publication(plan.id()));
            }
            ProgressRows.raiseAll(connection, plan.id(), drained.nextOffsets(), drained.marker());
            switch (direction) {
                case FORWARD ->
                    MigrationRows.transition(
                            connection,
                            plan.id(),
                            epoch,
                            MigrationState.READY,
                            MigrationState.CUTOVER,
                            "tables swapped");
                case BACK -> RollbackRows.swappedBack(connection, plan.id(), epoch);
            }
            if (direction == Direction.FORWARD && RollbackRows.isWanted(connection, plan.id())) {
                // Before anybody else can change it.
                PostgresCatalog.qualifyEverything(connection);
                RollbackRows.saveLive(
                        connection,
                        plan.id(),
                        TableFingerprint.of(connection, SwapState.of(plan).shadowOid()));
            }
            faultPoints.reach(direction.point("after-rename"));
            committing = true;
            connection.commit();
            committing = false;
            faultPoints.reach(direction.point("committed"));
        }

        private void refuseIfChanged(Connection connection) throws SQLException {
            Optional<String> change = PostgresSourceWatch.changeOfTable(connection, plan);
            if (change.isEmpty() && isPublished(connection)) {
                change = PostgresSourceWatch.changeOfPublication(connection, plan);
            }
            if (change.isPresent()) {
                throw changed(change.get());
            }
        }

        private ShooflyException changed(String change) {
            return new ShooflyException(
                    ErrorKind.REFUSED,
                    "the definition of " + plan.source() + " was changed while migration " + plan.id()
                            + " was under way, and the new table would lack that: " + change
                            + ". Nothing was renamed. Cancel the migration and start it again.");
        }

        /** Without it no marker could have come through the log. */
        private boolean isPublished(Connection connection) throws SQLException {
            return PostgresCatalog.test(
                    connection, "SELECT true FROM pg_publication WHERE pubname = ?", ChangeLog.publication(plan.id()));
        }

        Outcome failed(SQLException error) {
            if (SqlErrors.isConnectionLoss(error)) {
                if (committing) {
                    throw new ShooflyException(
                            ErrorKind.AMBIGUOUS,
                            "the connection was lost while the swap of " + plan.source()
                                    + " was committing: only the server knows whether the names are swapped",
                            error);
                }
                return new Outcome.NotSwapped("the connection was lost before the commit: " + error.getMessage());
            }
            if (PostgresErrors.isLockTimeout(error)) {
                return new Outcome.NotSwapped("lock not granted within "
                        + budget.shorter(settings.lockTimeout()).toMillis() + " ms (55P03). Holder: " + holders());
            }
            if (PostgresErrors.isCancelled(error) && (!exchanging || budget.isOver())) {
                // By us, by a time-out, which may come a moment early, or by somebody who wanted his table back.
                return new Outcome.NotSwapped(
                        budget.isOver()
                                ? budget.words()
                                : "the swap was interrupted before the exchange of names: "
                                        + SqlErrors.serverSaid(error));
            }
            if (PostgresErrors.isLockConflict(error)) {
                return new Outcome.NotSwapped(SqlErrors.serverSaid(error));
            }
            if (PostgresErrors.isUniqueConflict(error)) {
                // Moved values have made room under the locks, so these rows collide for good. Whoever applies them,
                // with the locks released, has the time to name them.
                return new Outcome.NotSwapped("rows collide under \"" + UniqueDuplicates.name(plan, error) + "\": "
                        + SqlErrors.serverSaid(error));
            }
            if (direction == Direction.BACK && PostgresErrors.isDataError(error) && !exchanging) {
                // Of the remainder. Whoever applies it, with the locks released, finds out which it is, and sets it
                // aside.
                return new Outcome.DoesNotFit("a row that was written in the last moment does not fit the old table: "
                        + PostgresErrors.saidWithoutValues(error));
            }
            throw fatal(error);
        }

        private ShooflyException fatal(SQLException error) {
            if (PostgresErrors.isMissingTable(error) && isGone()) {
                return PostgresErrors.vanished(plan, error);
            }
            if (PostgresErrors.isDataError(error) && !changes.keysUnderLock().isEmpty()) {
                return new OffendingRow(pool, plan).explain(error, changes.keysUnderLock());
            }
            return new ShooflyException(
                    ErrorKind.REFUSED,
                    "the swap of " + plan.source() + " failed: " + SqlErrors.serverSaid(error)
                            + ". Nothing was renamed; capture and apply can go on.",
                    error);
        }

        private boolean isGone() {
            return pool.with(
                    "looking for the tables",
                    connection -> PostgresCatalog.oid(connection, plan.source()).isEmpty()
                            || PostgresCatalog.oid(connection, plan.shadow()).isEmpty());
        }

        private String holders(String relation) {
            return pool.with(
                    "looking for the holder of a lock", connection -> TableHolders.describe(connection, relation));
        }

        private String holders() {
            return pool.with("looking for the holder of a lock", connection -> {
                String source = TableHolders.describe(connection, plan.source());
                return source.equals(TableHolders.NONE) ? TableHolders.describe(connection, plan.shadow()) : source;
            });
        }
    }

    @Override
    public boolean isSwapped() {
        return pool.inTransaction("looking which table is " + plan.source(), connection -> {
            if (PostgresCatalog.oid(connection, plan.source()).isEmpty()) {
                return false;
            }
            // The commit of a session whose client is gone may still be under way; it holds the tables until its end.
            execute(connection, "LOCK TABLE " + quote(plan.source()) + " IN ACCESS SHARE MODE");
            OptionalLong oid = PostgresCatalog.oid(connection, plan.source());
            return oid.isPresent() && oid.getAsLong() == SwapState.of(plan).shadowOid();
        });
    }

    /** All else is in the swap's transaction; the statistics were gathered before it. */
    @Override
    public List<String> finish() {
        Duration maxStall = new ControlTables(pool, DatabaseKind.POSTGRES)
                .migrations()
                .find(plan.id())
                .map(migration -> migration.spec().cutover().maxStall())
                .orElse(CutoverSettings.DEFAULT_MAX_STALL);
        return LateValidation.run(pool.profile(), plan, maxStall);
    }

    @Override
    public void settle() {
        MaterializedHandover.run(pool.profile(), plan);
    }
}
