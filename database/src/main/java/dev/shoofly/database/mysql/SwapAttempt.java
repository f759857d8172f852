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
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
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
    private static final int REHEARSED = 5;
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
        notes.setAutoCommit(false);
        SwapRecord swapRecord = new SwapRecord(plan, direction, epoch, progress, notes);
        SwapRehearsal.run(locking, plan, handover, settings, swapRecord);
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
            AtomicBoolean rehearsed = new AtomicBoolean();
            LastChanges.AheadWork work = found -> {
                if (!rehearsed.getAndSet(true)) {
                    List<RowKey> keys = found.drained().keys();
                    reconciler.rehearseLocked(locking, keys.subList(0, Math.min(keys.size(), REHEARSED)));
                }
                return reconcileAhead(found, applied);
            };
            changes.reconcileAhead(!byTransaction, work);
            faultPoints.reach(direction.point("ahead"));
            MySqlTableLock.Between<NotDrained> tries =
                    byTransaction ? () -> changes.reconcileAheadAgain(work) : () -> {};
            Outcome outcome = underLock(settings, swapRecord, changes, tries);
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
            CutoverSettings settings,
            SwapRecord swapRecord,
            LastChanges changes,
            MySqlTableLock.Between<NotDrained> tries)
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
            Optional<Outcome> givenUp = finishShadow(swapRecord, changes, changes.rest(budget), budget, watch);
            return givenUp.isPresent() ? givenUp.get() : rename(changes);
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
     * All that comes before the names; what the control tables are to say is written beside it. Leaves with the tables
     * unlocked, unless empty is returned: the end of what is beside, which nobody bounds but the server, is waited for without
     * them.
     */
    private Optional<Outcome> finishShadow(
            SwapRecord swapRecord, LastChanges changes, Drained drained, StallBudget budget, StallWatch watch)
            throws SQLException {
        boolean kept = false;
        try (Meanwhile recording = new Meanwhile("shoofly-swap-record-" + plan.id(), () -> swapRecord.write(drained))) {
            try {
                Optional<Outcome> givenUp = lastRows(changes, drained, recording, budget);
                if (givenUp.isEmpty()) {
                    lock.settle(watch);
                    givenUp = budget.isOver() ? Optional.of(new Outcome.NotSwapped(budget.words())) : givenUp;
                }
                kept = givenUp.isEmpty();
                return givenUp;
            } finally {
                if (!kept) {
                    swapRecord.giveUp();
                    release(watch);
                }
            }
        } finally {
            if (!kept) {
                // Once more, for it has ended only now, and nothing of it may stay.
                rollbackProgress();
            }
        }
    }

    private Optional<Outcome> lastRows(LastChanges changes, Drained drained, Meanwhile recording, StallBudget budget)
            throws SQLException {
        Optional<String> misfit = write(drained.keys());
        if (misfit.isPresent()) {
            return Optional.of(new Outcome.DoesNotFit(misfit.get()));
        }
        faultPoints.reach(direction.point("drained"));
        carryAutoIncrement();
        // A superseded owner learns it here, before the names change; and the session is ours again.
        if (!recording.awaitUntil(budget.endsAt())) {
            return Optional.of(new Outcome.NotSwapped(budget.words()));
        }
        return misfits(changes).map(Outcome.DoesNotFit::new);
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
        rollbackProgress();
    }

    private void rollbackProgress() {
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
        Optional<BigDecimal> ahead = MySqlCatalog.counterAheadOf(locking, plan.source(), plan.shadow());
        if (ahead.isPresent()) {
            ConnectionPool.execute(
                    locking,
                    "ALTER TABLE " + MySqlNames.quote(plan.shadow()) + " AUTO_INCREMENT = "
                            + ahead.get().toPlainString() + ", ALGORITHM = INPLACE");
        }
    }

    private Outcome rename(LastChanges changes) throws SQLException {
        faultPoints.reach(direction.point("before-rename"));
        Optional<String> definition;
        try {
            definition = handover.run(locking, direction == Direction.FORWARD);
        } catch (SQLException e) {
            if (SqlErrors.isConnectionLoss(e)) {
                throw ambiguous("the connection was lost while the tables were renamed", e);
            }
            throw e;
        }
        faultPoints.reach(direction.point("after-rename"));
        unlock();
        Duration locked = Duration.ofNanos(System.nanoTime() - lock.pendingSince());
        faultPoints.reach(direction.point("unlocked"));
        definition.ifPresent(this::noteDefinition);
        try {
            // The appliers still wait on their progress rows; now they see another epoch and stop.
            progress.commit();
        } catch (SQLException e) {
            throw ambiguous("the tables were renamed, but the state could not be recorded", e);
        }
        faultPoints.reach(direction.point("committed"));
        return new Outcome.Swapped(locked, changes.keysUnderLock().size());
    }

    /** What cannot be noted is found out later, or not at all. */
    private void noteDefinition(String definition) {
        try {
            RollbackRows.saveLive(progress, plan.id(), definition);
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
