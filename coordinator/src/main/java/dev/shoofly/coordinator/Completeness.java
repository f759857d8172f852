package dev.shoofly.coordinator;

import dev.shoofly.database.TableSwap;
import dev.shoofly.database.connection.Retry;
import dev.shoofly.database.throttle.PauseGate;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.verifier.MarkerFence;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Since when the shadow holds every row: the point that the swap asks about, because who has an older snapshot would read a
 * table that is not whole. While a migration is paused the shadow falls behind, so after each pause it has to catch up, and
 * the point moves on. The phase thread waits here, and who compares beside it; the command thread tells of pauses.
 */
final class Completeness implements CutoverGate.Shadow {
    private static final Logger LOG = LoggerFactory.getLogger(Completeness.class);
    private static final Duration FENCE_SLICE = Duration.ofSeconds(2);
    private static final Duration CAUGHT_UP = Duration.ofSeconds(1);
    private final RunContext context;
    private final MigrationPlan plan;
    private final PauseGate gate;
    private final MarkerFence fence;
    /** Not a monitor: who waits for it must hear that the migration ends. */
    private final ReentrantLock catchingUp = new ReentrantLock();

    private volatile boolean behind;
    private volatile @Nullable String point;

    /** Who can use a marker that is waited for. */
    interface Witness {
        /** Before it is written. */
        void markerComes();

        /** All partitions have applied what stands before it, the latest that came. */
        void markerPassed(long marker);
    }

    private static final Witness NOBODY = new Witness() {
        @Override
        public void markerComes() {
            // It is of no use to anybody.
        }

        @Override
        public void markerPassed(long marker) {
            // As above.
        }
    };

    Completeness(RunContext context, MigrationPlan plan, PauseGate gate, MarkerFence fence) {
        this.context = context;
        this.plan = plan;
        this.gate = gate;
        this.fence = fence;
    }

    /** A pause begins (the gate is closed already), or changes do not come through: the shadow is not whole any more. */
    void fallsBehind() {
        behind = true;
    }

    /** Returns when a marker passes all partitions quickly, and saves that from now on the shadow is whole. */
    void reach() throws InterruptedException {
        reach(NOBODY);
    }

    /** As above, with somebody who is told of each marker that is waited for. */
    void reach(Witness witness) throws InterruptedException {
        boolean reached = false;
        try {
            do {
                behind = false;
                while (!isCaughtUpWithin(CAUGHT_UP, witness)) {
                    LOG.debug("the shadow of {} lags", plan.source());
                }
                save();
            } while (behind);
            reached = true;
        } finally {
            if (!reached) {
                // Whoever asks next must not take what was not reached for whole.
                behind = true;
            }
        }
    }

    /** Waits while the migration is paused, and after that until the shadow is whole again. */
    void await() throws InterruptedException {
        gate.await();
        // Several threads compare: the others wait while one of them brings the shadow up to date.
        catchingUp.lockInterruptibly();
        try {
            if (behind) {
                String before = context.view().activity();
                context.view().activity("applying the changes made in the pause");
                reach();
                context.view().activity(before);
            }
        } finally {
            catchingUp.unlock();
        }
    }

    @Override
    public boolean isCaughtUpWithin(Duration time) throws InterruptedException {
        return isCaughtUpWithin(time, NOBODY);
    }

    private boolean isCaughtUpWithin(Duration time, Witness witness) throws InterruptedException {
        gate.await();
        witness.markerComes();
        long begun = System.nanoTime();
        long marker = Retry.OUTLAST_RESTART.call("writing a marker of " + plan.source(), fence::insert);
        while (!hasPassed(marker)) {
            gate.await();
        }
        witness.markerPassed(marker);
        return System.nanoTime() - begun <= time.toNanos();
    }

    /** Whether the marker passes all partitions within a short time. */
    boolean hasPassed(long marker) {
        try {
            fence.awaitPassed(marker, FENCE_SLICE);
            return true;
        } catch (ShooflyException e) {
            // Out of time, or the server is restarting: a backlog may take hours, and a failed stage is
            // reported as such.
            if (e.kind() != ErrorKind.TRANSIENT) {
                throw e;
            }
            return false;
        }
    }

    /** From here on the shadow holds every row: a snapshot that is younger sees a whole table after the swap. */
    private void save() {
        TableSwap swap = context.database().swap(plan);
        String found = Retry.OUTLAST_RESTART.call("reading the server's position", swap::completionPoint);
        Retry.OUTLAST_RESTART.call("saving since when the shadow of " + plan.source() + " is whole", () -> {
            context.control()
                    .migrations()
                    .saveCompletionPoint(context.id(), context.lifecycle().epoch(), found);
            return true;
        });
        point = found;
    }

    @Override
    public String completionPoint() throws InterruptedException {
        await();
        String known = point;
        return known == null ? savedPoint() : known;
    }

    private String savedPoint() {
        String saved = Retry.OUTLAST_RESTART
                .call(
                        "reading the completion point",
                        () -> context.control().migrations().find(context.id()).orElseThrow())
                .completionPoint();
        String found = saved == null
                ? Retry.OUTLAST_RESTART.call(
                        "reading the server's position",
                        () -> context.database().swap(plan).completionPoint())
                : saved;
        point = found;
        return found;
    }

    @Override
    public boolean isBehind() {
        return behind;
    }
}
