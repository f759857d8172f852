package dev.shoofly.database;

import dev.shoofly.database.TableSwap.Delivered;
import dev.shoofly.database.TableSwap.Drained;
import dev.shoofly.database.TableSwap.NotDrained;
import dev.shoofly.database.TableSwap.Remainder;
import dev.shoofly.database.control.Progress;
import dev.shoofly.model.CutoverSettings;
import dev.shoofly.model.RowKey;
import java.sql.SQLException;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * The changes that one attempt of a swap reconciles itself. The appliers stand still from the lock on their progress rows on, with
 * all that was on its way to them. Most of it is written before the tables are locked, while nobody waits; then what has
 * been delivered since, while the last marker is on its way; at last what stands before that. How far it has come is known to the
 * attempt alone: should it be given up, the appliers come to the same keys again. One thread.
 */
public final class LastChanges {
    /** For how long what is delivered may be invisible; after that the attempt is given up, and nobody was locked out. */
    public static final Duration VISIBLE_WITHIN = Duration.ofSeconds(1);

    /** So few are written under the lock in a few milliseconds; one more round would find as many. */
    private static final int FEW = 25;

    private static final int ROUNDS = 5;
    /** After it no round begins: the appliers wait, and the server does not let a session idle for ever. */
    private static final Duration LONGEST = Duration.ofSeconds(1);

    /** Between two tries to lock the tables: often enough that little is left, seldom enough that tries are what the time is for. */
    private static final Duration AGAIN_AFTER = Duration.ofMillis(50);

    private final Remainder remainder;
    private final CutoverSettings settings;
    private final Set<RowKey> underLock = new LinkedHashSet<>();
    private final LongSupplier nanoTime;
    private List<Progress> progress;
    private long aheadEndedAt;

    /** @param applied locked, one row for each partition */
    public LastChanges(Remainder remainder, CutoverSettings settings, List<Progress> applied) {
        this(remainder, settings, applied, System::nanoTime);
    }

    LastChanges(Remainder remainder, CutoverSettings settings, List<Progress> applied, LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        this.remainder = remainder;
        this.settings = settings;
        this.progress = List.copyOf(applied);
        this.aheadEndedAt = nanoTime.getAsLong();
    }

    /** Writes the rows of the keys, and commits. */
    @FunctionalInterface
    public interface AheadWork {
        /** @return false when it cannot be done ahead: it was rolled back */
        boolean reconcile(Delivered found) throws SQLException, NotDrained;
    }

    /**
     * To be called before the tables are locked.
     *
     * @param toMarker whether only a marker shows that what stands before it is visible
     * @throws NotDrained as under the lock it would be, but nobody was locked out for it
     */
    public void reconcileAhead(boolean toMarker, AheadWork work) throws SQLException, NotDrained {
        reconcile(0, toMarker, work);
    }

    /**
     * Likewise, once, when it was tried in vain to lock the tables; does nothing if that was but a moment ago. Not where only a
     * marker shows what is visible: with its way through the log there would be no time left for tries.
     */
    public void reconcileAheadAgain(AheadWork work) throws SQLException, NotDrained {
        if (nanoTime.getAsLong() - aheadEndedAt >= AGAIN_AFTER.toNanos()) {
            reconcile(ROUNDS - 1, false, work);
        }
    }

    private void reconcile(int firstRound, boolean toMarker, AheadWork work) throws SQLException, NotDrained {
        try {
            rounds(firstRound, toMarker, work);
        } finally {
            aheadEndedAt = nanoTime.getAsLong();
        }
    }

    private void rounds(int firstRound, boolean toMarker, AheadWork work) throws SQLException, NotDrained {
        long enoughAt = nanoTime.getAsLong() + LONGEST.toNanos();
        for (int round = firstRound; round < ROUNDS && nanoTime.getAsLong() - enoughAt < 0; round++) {
            Optional<Delivered> found = remainder.delivered(
                    progress, toMarker || round == 0, settings.drainTimeout(), settings.drainKeys());
            if (found.isEmpty()) {
                return;
            }
            Drained drained = found.get().drained();
            if (!drained.keys().isEmpty() && !work.reconcile(found.get())) {
                return;
            }
            moveTo(drained, found.get().markers());
            if (drained.keys().size() <= FEW) {
                return;
            }
        }
    }

    /** The locks are granted. What is done before {@link #rest} costs the application nothing while the marker is on its way. */
    public void locked() {
        remainder.locked();
    }

    /** Under the locks: the keys that are there already. To be reconciled before {@link #rest} is asked for. */
    public List<RowKey> delivered(StallBudget budget) throws NotDrained {
        // All of it is visible: the locks were granted when whoever wrote it had let go of them.
        Optional<Delivered> found =
                remainder.delivered(progress, false, budget.atMost(settings.drainTimeout()), settings.drainKeys());
        if (found.isEmpty()) {
            return List.of();
        }
        Drained drained = found.get().drained();
        moveTo(drained, found.get().markers());
        return added(drained.keys());
    }

    /** Under the locks, behind {@link #delivered}: all that is left. Where they are taken in two steps, once for each. */
    public Drained rest(StallBudget budget) throws NotDrained {
        Drained drained = remainder.drain(progress, budget.atMost(settings.drainTimeout()), settings.drainKeys());
        moveTo(drained, Map.of());
        List<RowKey> left = added(drained.keys());
        if (underLock.size() > settings.drainKeys()) {
            throw new NotDrained(underLock.size() + " keys were still to be applied, " + settings.drainKeys()
                    + " at most are reconciled under the lock");
        }
        return new Drained(left, drained.nextOffsets(), drained.marker());
    }

    private List<RowKey> added(List<RowKey> keys) {
        // Nobody has changed a row since it was written under the locks.
        return keys.stream().filter(underLock::add).toList();
    }

    /** Distinct keys for which the application had to wait. */
    public List<RowKey> keysUnderLock() {
        return List.copyOf(underLock);
    }

    /** @param markers the greatest of each partition that has passed one */
    private void moveTo(Drained drained, Map<Integer, Long> markers) {
        progress = progress.stream()
                .map(each -> each.movedTo(
                        drained.nextOffsets().getOrDefault(each.partition(), each.nextOffset()),
                        // Read past one that a later look waits for, it would never come.
                        Math.max(drained.marker(), markers.getOrDefault(each.partition(), 0L))))
                .toList();
    }
}
