package dev.shoofly.database.mysql;

import dev.shoofly.database.LastChanges;
import dev.shoofly.database.StallBudget;
import dev.shoofly.database.StallWatch;
import dev.shoofly.database.TableSwap.Delivered;
import dev.shoofly.database.TableSwap.Direction;
import dev.shoofly.database.TableSwap.Drained;
import dev.shoofly.database.TableSwap.NotDrained;
import dev.shoofly.database.TableSwap.Outcome;
import dev.shoofly.database.TableSwap.Remainder;
import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.database.connection.Transactions;
import dev.shoofly.database.control.DrainedRows;
import dev.shoofly.database.control.MigrationRows;
import dev.shoofly.database.control.Misfit;
import dev.shoofly.database.control.MisfitRows;
import dev.shoofly.database.control.Misfits;
import dev.shoofly.database.control.Progress;
import dev.shoofly.database.control.ProgressRows;
import dev.shoofly.database.control.RollbackRows;
import dev.shoofly.model.CutoverSettings;
import dev.shoofly.model.DuplicateRowsException;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.MigrationState;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One attempt of the cut-over. {@code locking} holds the tables, works off the remainder and renames; {@code progress}
 * holds the appliers' progress rows and the state, which tables under LOCK TABLES cannot be written with; {@code notes}
 * writes what must be known when that transaction is lost and the RENAME is done. Whatever throws before the RENAME leaves
 * the world as it was: closing the connections frees every lock.
 */
record SwapAttempt(
        MigrationPlan plan,
        Direction direction,
        MySqlReconciler reconciler,
        FaultPoints faultPoints,
        Connection locking,
        Connection progress,
        Connection notes,
        MySqlTableLock lock,
        Handover handover) {
    private static final Logger LOG = LoggerFactory.getLogger(SwapAttempt.class);

    Outcome run(CutoverSettings settings, long epoch, Remainder remainder) throws SQLException {
        long seconds = Math.max(1, settings.lockTimeout().toSeconds());
        ConnectionPool.execute(progress, "SET SESSION innodb_lock_wait_timeout = " + seconds);
        // The application waits for it; behind a global lock that is asked for, it would wait for us.
        ConnectionPool.execute(notes, "SET SESSION lock_wait_timeout = 1, innodb_lock_wait_timeout = 1");
        // For RENAME behind a global lock; the table lock's own patience is far shorter.
        // Rows it waits for at most a second: it writes when the appliers stand still, and later what was left.
        ConnectionPool.execute(
                locking, "SET SESSION lock_wait_timeout = " + seconds + ", innodb_lock_wait_timeout = 1");
        SourceDefinition.requireSameAttached(progress, plan);
        rehearse();
        progress.setAutoCommit(false);
        // Off before LOCK TABLES and never touched again: START TRANSACTION would release the tables.
        locking.setAutoCommit(false);
        // Asked now: the pool's connections may all wait for the progress rows.
        boolean byTransaction = reconciler.waitsByTransaction();
        // LOCK TABLES locks in the order of names: an applier inside its transaction could hold one and want the other.
        List<Progress> applied = ProgressRows.lockEvery(progress, plan, epoch);
        faultPoints.reach(direction.point("progress-locked"));
        boolean swapped = false;
        try {
            handover.prepare(locking);
            LastChanges changes = new LastChanges(remainder, settings, applied);
            LastChanges.AheadWork work = found -> reconcileAhead(found, applied);
            changes.reconcileAhead(!byTransaction, work);
            faultPoints.reach(direction.point("ahead"));
            MySqlTableLock.Between<NotDrained> tries =
                    byTransaction ? () -> changes.reconcileAheadAgain(work) : () -> {};
            Outcome outcome = underLock(settings, epoch, changes, tries);
            swapped = outcome instanceof Outcome.Swapped;
            return outcome;
        } catch (NotDrained e) {
            progress.rollback();
            return new Outcome.NotSwapped(String.valueOf(e.getMessage()));
        } finally {
            if (!swapped) {
                handover.withdraw(locking);
            }
        }
    }

    /**
     * Asks on {@code locking} what will be asked there under the lock: the server has the tables' definitions at hand then,
     * and Java has loaded what reads the answers. The first time costs 20 ms more, for which applications would wait.
     */
    private void rehearse() throws SQLException {
        // What they say is judged under the lock.
        String unusedDefinition = SourceDefinition.of(locking, plan.source());
        List<SourceTrigger> unusedTriggers = MySqlCatalog.triggers(locking, plan.source());
        BigDecimal unusedCounter = MySqlCatalog.autoIncrement(locking, plan.source());
        unusedCounter = MySqlCatalog.autoIncrement(locking, plan.shadow());
    }

    private boolean reconcileAhead(Delivered found, List<Progress> applied) throws SQLException {
        return reconciler.applyAhead(locking, found, () -> {
            faultPoints.reach(direction.point("ahead-written"));
            requireStandstill(applied);
        });
    }

    /** On its own connection: what goes wrong with it ends the attempt. */
    private void requireStandstill(List<Progress> applied) {
        boolean held;
        try {
            held = ProgressRows.areHeld(progress, plan.id(), applied);
        } catch (SQLException e) {
            throw lostHold(e);
        }
        if (!held) {
            throw lostHold(null);
        }
    }

    private ShooflyException lostHold(@Nullable SQLException error) {
        return new ShooflyException(
                ErrorKind.TRANSIENT,
                direction.word() + " of " + plan.source() + ": the session that held the appliers back was lost"
                        + (error == null ? "" : ": " + SqlErrors.serverSaid(error))
                        + ". Nothing was renamed; no table was locked.",
                error);
    }

    private Outcome underLock(
            CutoverSettings settings, long epoch, LastChanges changes, MySqlTableLock.Between<NotDrained> tries)
            throws SQLException, NotDrained {
        Optional<String> inTheWay = lock.acquire(handover.lockTables(), settings.lockTimeout(), tries);
        if (inTheWay.isPresent()) {
            progress.rollback();
            return new Outcome.NotSwapped(
                    "the lock was not granted within " + settings.lockTimeout().toMillis() + " ms: " + inTheWay.get());
        }
        StallBudget budget = new StallBudget(lock.pendingSince(), settings.maxStall());
        try (StallWatch watch = lock.watch(budget)) {
            changes.locked();
            faultPoints.reach(direction.point("locked"));
            SourceDefinition.requireUnchanged(locking, plan);
            handover.requireUnchanged(locking);
            Optional<String> misfit = writeDelivered(changes.delivered(budget), watch);
            if (misfit.isPresent()) {
                return new Outcome.DoesNotFit(misfit.get());
            }
            Drained rest = changes.rest(budget);
            Optional<Outcome> givenUp = finishShadow(epoch, changes, rest, budget, watch);
            return givenUp.isPresent() ? givenUp.get() : rename(epoch, changes, rest);
        } catch (NotDrained e) {
            if (budget.isOver()) {
                lock.absorbLateKill();
            }
            return letGo((budget.isOver() ? budget.words() + ". " : "") + e.getMessage());
        } catch (SQLException e) {
            if (!MySqlErrors.isInterrupted(e) || !budget.isOver()) {
                throw e;
            }
            lock.absorbLateKill();
            return letGo(budget.words());
        }
    }

    /**
     * All that comes before the names; the note is written beside it, for it says nothing until they have changed. Leaves with
     * the tables unlocked, unless empty is returned: the end of the note, which nobody bounds but the server, is waited for
     * without them.
     */
    private Optional<Outcome> finishShadow(
            long epoch, LastChanges changes, Drained drained, StallBudget budget, StallWatch watch)
            throws SQLException {
        try (Meanwhile noting = new Meanwhile("shoofly-swap-note-" + plan.id(), () -> note(epoch, drained))) {
            boolean kept = false;
            try {
                Optional<String> misfit = write(drained.keys());
                if (misfit.isEmpty()) {
                    misfit = misfits(changes);
                }
                if (misfit.isPresent()) {
                    return Optional.of(new Outcome.DoesNotFit(misfit.get()));
                }
                faultPoints.reach(direction.point("drained"));
                carryAutoIncrement();
                boolean noted = noting.awaitUntil(budget.endsAt());
                lock.settle(watch);
                if (!noted || budget.isOver()) {
                    return Optional.of(new Outcome.NotSwapped(budget.words()));
                }
                kept = true;
                return Optional.empty();
            } finally {
                if (!kept) {
                    release(watch);
                }
            }
        }
    }

    /** As {@link #write}. Leaves with the tables unlocked, unless empty is returned. */
    private Optional<String> writeDelivered(List<RowKey> keys, StallWatch watch) throws SQLException {
        Optional<String> misfit;
        try {
            misfit = write(keys);
        } catch (ShooflyException e) {
            release(watch);
            throw e;
        }
        if (misfit.isPresent()) {
            release(watch);
        }
        return misfit;
    }

    /** Frees tables and progress rows of an attempt that is given up, whatever became of its connections. */
    private void release(StallWatch watch) {
        try {
            lock.settle(watch);
        } catch (SQLException e) {
            LOG.debug("the session with the tables' locks is gone, and they are with it", e);
        }
        unlock();
        try {
            progress.rollback();
        } catch (SQLException e) {
            LOG.debug("the session with the progress rows is gone, and its locks are with it", e);
        }
    }

    /** @return on the way back: that the old table does not take one of the rows */
    private Optional<String> write(List<RowKey> keys) throws SQLException {
        try {
            reconciler.applyLocked(locking, keys);
        } catch (DuplicateRowsException e) {
            throw e;
        } catch (ShooflyException e) {
            if (direction == Direction.BACK && e.kind() == ErrorKind.DATA) {
                // Whoever applies it, with the locks released, sets it aside.
                return Optional.of("a row that was written in the last moment does not fit the old table"
                        + (e.getCause() instanceof SQLException said
                                ? ": " + Misfit.withoutValues(TwinTable.withoutName(said)) + " (error "
                                        + said.getErrorCode() + ")"
                                : ""));
            }
            throw e;
        }
        return Optional.empty();
    }

    /** @return on the way back: why the old table does not hold every row now */
    private Optional<String> misfits(LastChanges changes) throws SQLException {
        if (direction == Direction.FORWARD) {
            return Optional.empty();
        }
        // With the progress rows in our hands nobody else writes them.
        MisfitRows.forget(progress, plan.id(), changes.keysUnderLock());
        Misfits left = MisfitRows.summary(progress, plan.id());
        return left.isEmpty() ? Optional.empty() : Optional.of(left.words());
    }

    /** Nothing was renamed; what was applied under the lock is as right as before. */
    private Outcome letGo(String words) throws SQLException {
        unlock();
        progress.rollback();
        return new Outcome.NotSwapped(words);
    }

    /** The source may have handed out numbers whose rows are gone again: they must not be handed out twice. */
    private void carryAutoIncrement() throws SQLException {
        BigDecimal next = MySqlCatalog.autoIncrement(locking, plan.source());
        BigDecimal ours = MySqlCatalog.autoIncrement(locking, plan.shadow());
        // Zero: the column lost the attribute. Mostly equal, as inserted rows raise the counter; then no DDL is needed.
        if (ours.signum() > 0 && next.compareTo(ours) > 0) {
            ConnectionPool.execute(
                    locking,
                    "ALTER TABLE " + MySqlNames.quote(plan.shadow()) + " AUTO_INCREMENT = " + next.toPlainString()
                            + ", ALGORITHM = INPLACE");
        }
    }

    /**
     * Had the appliers of the other direction to take up these keys, they would write back what a conversion has changed in
     * rows that nobody has touched since.
     */
    private void note(long epoch, Drained drained) throws SQLException {
        Transactions.run(notes, open -> {
            DrainedRows.note(open, plan, epoch, drained.nextOffsets(), drained.marker());
            return true;
        });
    }

    private Outcome rename(long epoch, LastChanges changes, Drained drained) throws SQLException {
        // Before the names change: a superseded owner must learn it here. Committed after them: a state that
        // says "swapped" while the names are not would be a lie after a crash, the other way round recovery
        // looks at the names.
        switch (direction) {
            case FORWARD ->
                MigrationRows.transition(
                        progress, plan.id(), epoch, MigrationState.READY, MigrationState.CUTOVER, null);
            case BACK -> RollbackRows.swappedBack(progress, plan.id(), epoch);
        }
        ProgressRows.raiseAll(progress, plan.id(), drained.nextOffsets(), drained.marker());
        DrainedRows.forget(progress, plan);
        // Asked before the names change: who is interrupted here has renamed nothing.
        boolean noting = direction == Direction.FORWARD && RollbackRows.isWanted(progress, plan.id());
        faultPoints.reach(direction.point("before-rename"));
        try {
            handover.run(locking);
        } catch (SQLException e) {
            if (SqlErrors.isConnectionLoss(e)) {
                throw ambiguous("the connection was lost while the tables were renamed", e);
            }
            throw e;
        }
        if (noting) {
            noteDefinition();
        }
        faultPoints.reach(direction.point("after-rename"));
        unlock();
        Duration locked = Duration.ofNanos(System.nanoTime() - lock.pendingSince());
        faultPoints.reach(direction.point("unlocked"));
        try {
            // The appliers still wait on their progress rows; now they see another epoch and stop.
            progress.commit();
        } catch (SQLException e) {
            throw ambiguous("the tables were renamed, but the state could not be recorded", e);
        }
        faultPoints.reach(direction.point("committed"));
        return new Outcome.Swapped(locked, changes.keysUnderLock().size());
    }

    /** Under the lock, before anybody else can change it; what cannot be noted is found out later, or not at all. */
    private void noteDefinition() {
        try {
            RollbackRows.saveLive(progress, plan.id(), SourceDefinition.of(locking, plan.source()));
        } catch (SQLException e) {
            LOG.warn("the definition of the new {} was not noted: {}", plan.source(), SqlErrors.serverSaid(e));
        }
    }

    private void unlock() {
        try {
            ConnectionPool.execute(locking, "UNLOCK TABLES");
        } catch (SQLException e) {
            // With the connection gone, the server has freed them.
        }
    }

    private ShooflyException ambiguous(String what, SQLException error) {
        return new ShooflyException(
                ErrorKind.AMBIGUOUS,
                direction.word() + " of " + plan.source() + ": " + what + ": " + SqlErrors.serverSaid(error)
                        + ". The tables' names tell whether it happened: it did if " + plan.old() + " exists and "
                        + plan.shadow() + " does not.",
                error);
    }
}
