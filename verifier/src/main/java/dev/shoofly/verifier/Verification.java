package dev.shoofly.verifier;

import dev.shoofly.database.connection.Retry;
import dev.shoofly.database.control.VerificationState;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.verifier.sweep.LocalRanges;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A verification that goes on where it was stopped, and that stays true while the application writes: one sweep over the
 * table ({@link VerificationPass}), and every row that changes afterwards is compared again.
 *
 * <p>What changed is read from the changes topic itself. So there is no list of changed rows that could be lost: it is what
 * stands in the topic behind the saved offsets, and whoever trims the topic keeps it.
 *
 * <p>Proof that no change is left out. The sweep takes the offsets O, and then waits until a marker written after that has
 * passed, or has both from who waited for such a marker before: every record before O is applied then, before the first row
 * is read. A row that is compared in a read view V and changes, on either side, after V, is changed by the application, whose
 * record comes after V, or by the applier, for a record that it had not applied at V: both stand at or behind O. A step reads
 * from O to a marker M, waits until M has passed, and compares the rows of the keys it read; then O moves behind M, and the
 * same holds of the new O. A row that differs there and changed meanwhile stays on a list of its own, which is saved with O:
 * an equal key behind O does not mean that its own is.
 *
 * <p>What is not trusted over an interruption: after a verification that failed, everything is compared anew. Somebody
 * writes past the log then, and may have written where the sweep had been.
 *
 * <p>One thread at a time.
 */
public final class Verification {
    private static final Logger LOG = LoggerFactory.getLogger(Verification.class);
    private static final Duration FOLLOW_EVERY = Duration.ofSeconds(2);
    /** Most keys that a step reads: so many are held in memory. */
    private static final int MOST_KEYS = 50_000;

    private static final int LOOKS = 20;
    private static final int PAUSE_MILLIS = 50;

    private final VerificationSettings settings;
    private final Surroundings surroundings;
    private final VerificationStore store;
    private final VerificationPass.Source ranges;
    private final Retry retry = Retry.OUTLAST_RESTART;
    private final AtomicLong rowsCompared = new AtomicLong();
    private volatile VerificationState at = VerificationState.anew(0);
    private @Nullable Map<Integer, Long> held;
    private @Nullable Map<Integer, Long> beforeMarker;
    private long markerBehind;
    private @Nullable Settlement settlement;
    private long followed = System.nanoTime();
    private long chunks;
    private boolean known;

    public Verification(VerificationSettings settings, Surroundings surroundings, VerificationStore store) {
        this(settings, surroundings, store, LocalRanges::new);
    }

    /** @param ranges who compares the sweep's ranges */
    public Verification(
            VerificationSettings settings,
            Surroundings surroundings,
            VerificationStore store,
            VerificationPass.Source ranges) {
        this.ranges = ranges;
        this.settings = settings;
        this.surroundings = surroundings;
        this.store = store;
    }

    /**
     * How far a step has come.
     *
     * @param complete whether everything that was committed before the step was compared
     * @param open rows that changed while they were looked at
     * @param sound no row is known to differ
     */
    public record Step(boolean complete, int open, boolean sound) {}

    /** Goes on from what is saved, if the topic still has what is needed. To be called before anybody trims the topic. */
    public void open() {
        retry.call("reading how far the verification is", () -> {
            known = store.find().isPresent();
            VerificationState saved = store.find().orElse(VerificationState.anew(0));
            boolean usable = saved.isBegun() && surroundings.changes().holds(saved.offsets());
            at = usable ? saved : VerificationState.anew(saved.repaired());
            return true;
        });
        if (at.isBegun()) {
            hold(at.offsets());
        }
        rowsCompared.set(at.rows());
    }

    /**
     * Somebody is about to write a marker and to wait for it: a sweep that follows need not wait for one of its own. To be
     * called before it is written, for the offsets must be older than it is; once more before each further attempt.
     */
    public void markerComes() {
        forgetMarker();
        if (!at.isBegun()) {
            beforeMarker = retry.call(
                    "asking where the changes of " + settings.plan().source() + " end",
                    () -> surroundings.changes().endOffsets());
        }
    }

    /** @param marker written behind the latest {@link #markerComes}; all partitions have applied what stands before it */
    public void markerPassed(long marker) {
        // Without the offsets of before it is no use: a sweep has begun, and goes on from its own.
        markerBehind = beforeMarker == null ? 0 : marker;
    }

    private void forgetMarker() {
        Map<Integer, Long> former = beforeMarker;
        if (former != null) {
            surroundings.changes().release(former);
        }
        beforeMarker = null;
        markerBehind = 0;
    }

    /**
     * Sweeps what is not swept and compares again what changed, up to now.
     *
     * @throws ShooflyException as {@link VerificationPass#run}
     */
    public VerificationReport run() {
        try {
            if (at.isBegun()) {
                LOG.info(
                        "verification of {} goes on after key {}; what changed since is compared again",
                        settings.plan().source(),
                        at.swept() ? "(the last)" : at.after());
            } else {
                startFollowingHere(false);
            }
            boolean complete = at.swept() || sweep();
            if (settlement().findings().isSound()) {
                followToNow();
            }
            VerificationReport report = settlement().findings().report(rowsCompared.get(), chunks, complete);
            startAnewUnlessSound();
            return report;
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    /** @param swept false: before a sweep */
    private void startFollowingHere(boolean swept) {
        long begun = System.nanoTime();
        if (markerBehind == 0) {
            markerComes();
            markerPassed(retry.call(
                    "waiting until the changes of " + settings.plan().source() + " are applied",
                    () -> surroundings.fence().pass(settings.markerTimeout())));
        }
        // The proof needs these two to belong together: whatever was in the topic at these offsets is applied. The
        // marker may have passed a while ago: what came since stands behind the offsets, and is compared again.
        Map<Integer, Long> offsets = Objects.requireNonNull(beforeMarker, "asked for before the marker was written");
        long marker = markerBehind;
        beforeMarker = null;
        markerBehind = 0;
        held = offsets;
        at = new VerificationState(null, swept, offsets, List.of(), marker, 0, at.repaired());
        save();
        LOG.debug(
                "marker {} of {}, behind which rows are compared, took {} ms",
                marker,
                settings.plan().source(),
                VerificationPass.millisSince(begun));
    }

    /** @return whether it came to its end */
    private boolean sweep() throws InterruptedException {
        VerificationPass pass = new VerificationPass(
                settings,
                surroundings,
                new VerificationPosition(at.after(), at.rows(), this::swept),
                at.repaired(),
                ranges);
        settlement = pass.settlement();
        VerificationReport report = pass.run();
        chunks = report.chunks();
        rowsCompared.set(report.rowsCompared());
        return report.complete();
    }

    private void swept(@Nullable RowKey last, long rows, List<RowKey> open) throws InterruptedException {
        rowsCompared.set(rows);
        at = at.opening(open).sweptTo(last, rows, settlement().repaired());
        // Now and then: the topic must not grow with the table. Behind the last range what changed is compared in any
        // case, from what is saved here.
        if (last != null && System.nanoTime() - followed > FOLLOW_EVERY.toNanos()) {
            step();
        } else {
            save();
        }
    }

    private void followToNow() throws InterruptedException {
        for (int look = 0; look < LOOKS; look++) {
            Step step = step();
            if (!step.sound || step.complete && (step.open == 0 || isOpenByItsOwnChange())) {
                break;
            }
            look -= step.complete ? 0 : 1;
            Thread.sleep(PAUSE_MILLIS);
        }
    }

    /**
     * Whether a row stays open only if it changed itself since it was read: its key is in the topic behind the step then,
     * and it is no better known a moment later. Where equal keys cannot be told from others, a change of another row may
     * keep one open that differs for good, and only another look can tell.
     */
    public boolean isOpenByItsOwnChange() {
        return settings.plan().key().hasExactTokens();
    }

    /**
     * Whether {@link #follow} would go on from a sweep that does not count any more, or has not ended: after a verification that
     * failed, and where the topic has lost what was to be compared. Not so where nothing is known at all: an earlier version
     * has verified the migration then.
     */
    public boolean mustSweep() {
        return known && !(at.isBegun() && at.swept());
    }

    /**
     * Compares again what changed since the last step.
     *
     * @throws ShooflyException as {@link VerificationPass#run}
     */
    public Step follow() {
        try {
            if (!at.isBegun()) {
                // A migration that an earlier version verified.
                startFollowingHere(true);
            }
            Step step = step();
            startAnewUnlessSound();
            return step;
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    /** Whoever changed a row past the log may have changed others, wherever the sweep had been. */
    private void startAnewUnlessSound() {
        if (!settlement().findings().isSound()) {
            at = VerificationState.anew(settlement().repaired());
            save();
            release();
        }
    }

    private void release() {
        Map<Integer, Long> former = held;
        if (former != null) {
            surroundings.changes().release(former);
            held = null;
        }
    }

    private Step step() throws InterruptedException {
        long begun = System.nanoTime();
        VerificationState from = at;
        Read read = retry.call("reading what changed in " + settings.plan().source(), () -> read(from));
        Set<RowKey> keys = new LinkedHashSet<>(from.open());
        keys.addAll(read.stretch.keys());
        List<RowKey> all = List.copyOf(keys);
        List<RowKey> open = new ArrayList<>();
        for (int first = 0; first < all.size(); first += VerificationPass.BATCH) {
            open.addAll(compare(all.subList(first, Math.min(all.size(), first + VerificationPass.BATCH))));
        }
        long passed = read.stretch.complete() ? read.marker : from.marker();
        // In a pause nothing is asked of the server, not even to remember this.
        surroundings.throttle().await();
        Map<Integer, Long> before = held;
        at = from.followedTo(read.stretch.next(), open, passed, settlement().repaired());
        hold(at.offsets());
        save();
        if (before != null) {
            surroundings.changes().release(before);
        }
        followed = System.nanoTime();
        LOG.debug(
                "{} rows of {} that changed up to marker {} were compared in {} ms",
                all.size(),
                settings.plan().source(),
                read.marker,
                VerificationPass.millisSince(begun));
        return new Step(
                read.stretch.complete(), open.size(), settlement().findings().isSound());
    }

    private record Read(long marker, ChangeWindow.Stretch stretch) {}

    private Read read(VerificationState from) {
        long marker = surroundings.fence().insert();
        ChangeWindow.Stretch stretch =
                surroundings.changes().stretch(from.offsets(), marker, MOST_KEYS, settings.markerTimeout());
        surroundings.fence().awaitPassed(marker, settings.markerTimeout());
        return new Read(marker, stretch);
    }

    /** @return those that differ and changed meanwhile */
    private List<RowKey> compare(List<RowKey> keys) throws InterruptedException {
        List<RowKey> differing =
                retry.call("comparing what changed in " + settings.plan().source(), () -> {
                    surroundings.throttle().await();
                    long begun = System.nanoTime();
                    List<RowKey> found = surroundings.comparer().differences(keys).stream()
                            .map(each -> each.key())
                            .toList();
                    surroundings.throttle().finished(Duration.ofNanos(System.nanoTime() - begun), keys.size());
                    return found;
                });
        List<RowKey> open = differing.isEmpty() ? List.of() : settlement().settleOnce(differing);
        List<RowKey> equal = new ArrayList<>(keys);
        equal.removeAll(Set.copyOf(differing));
        settlement().equal(equal);
        return open;
    }

    private void hold(Map<Integer, Long> offsets) {
        surroundings.changes().keep(offsets);
        held = offsets;
    }

    private void save() {
        VerificationState state = at;
        retry.call("saving how far the verification is", () -> {
            store.save(state);
            return true;
        });
    }

    private Settlement settlement() {
        Settlement known = settlement;
        if (known == null) {
            known = new Settlement(
                    settings, surroundings, new SuspectCheck(settings, surroundings, retry), retry, at.repaired());
            settlement = known;
        }
        return known;
    }

    /** What was found so far by this process. */
    public VerificationReport report() {
        return settlement().findings().report(rowsCompared.get(), chunks, at.swept());
    }

    /** How far it is. Any thread. */
    public VerificationState state() {
        return at;
    }

    /** Source rows that the sweep has compared so far, for display. Any thread. */
    public long rowsCompared() {
        return rowsCompared.get();
    }

    private ShooflyException interrupted(InterruptedException cause) {
        Thread.currentThread().interrupt();
        return new ShooflyException(
                ErrorKind.SUPERSEDED,
                "the verification of " + settings.plan().source() + " was interrupted; how far it came is saved",
                cause);
    }
}
