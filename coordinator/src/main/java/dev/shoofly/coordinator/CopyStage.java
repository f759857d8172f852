package dev.shoofly.coordinator;

import dev.shoofly.backfill.Backfill;
import dev.shoofly.backfill.BackfillSettings;
import dev.shoofly.backfill.Pace;
import dev.shoofly.database.DeferredIndexes;
import dev.shoofly.database.DeferredIndexes.Result;
import dev.shoofly.database.DeferredIndexes.Writers;
import dev.shoofly.database.connection.Retry;
import dev.shoofly.database.control.SegmentRows;
import dev.shoofly.database.throttle.AdaptiveThrottle;
import dev.shoofly.database.throttle.PauseGate;
import dev.shoofly.model.MigrationPlan;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fills the shadow: first its rows, then the indexes that were put off. Both go on where an interrupted run stopped. {@link
 * #run} is the phase thread's; the rest is for any.
 */
final class CopyStage {
    private static final Logger LOG = LoggerFactory.getLogger(CopyStage.class);
    /** Longer than a copier takes to notice a pause and to finish its chunks. */
    private static final Duration QUIET_WITHIN = Duration.ofSeconds(15);

    private final RunContext context;
    private final MigrationPlan plan;
    private final Pipeline pipeline;
    private final PauseGate gate;
    private final AdaptiveThrottle throttle;
    private final Pace pace;
    private volatile @Nullable Backfill backfill;

    CopyStage(
            RunContext context,
            MigrationPlan plan,
            Pipeline pipeline,
            PauseGate gate,
            AdaptiveThrottle throttle,
            Pace pace) {
        this.context = context;
        this.plan = plan;
        this.pipeline = pipeline;
        this.gate = gate;
        this.throttle = throttle;
        this.pace = pace;
    }

    void run() throws InterruptedException {
        boolean keyless = goWithoutKey();
        if (!keyless) {
            // A build that a failure, or its process's death, ended may have left the appliers standing.
            pipeline.endStandstill();
        }
        copy(keyless);
        buildIndexes(keyless ? Writers.STANDING : Writers.AT_WORK);
    }

    /** @return whether the rows are copied into a shadow without its key, the appliers standing still until that is built */
    private boolean goWithoutKey() throws InterruptedException {
        DeferredIndexes indexes = context.database().deferredIndexes(plan);
        if (!indexes.mayLackKey()) {
            return false;
        }
        gate.await();
        boolean missing =
                Retry.OUTLAST_RESTART.call("looking for the primary key of " + plan.shadow(), indexes::isKeyMissing);
        boolean begun = !Retry.OUTLAST_RESTART
                .call(
                        "reading the segments of " + plan.id(),
                        () -> context.control().segments().list(plan.id()))
                .isEmpty();
        if (begun && !missing) {
            return false;
        }
        pipeline.standStill();
        context.faultPoints().reach("copy.before-keyless");
        boolean keyless = missing
                || Retry.OUTLAST_RESTART.call(
                        "taking the primary key from " + plan.shadow(),
                        () -> indexes.takeKeyAway(context.lifecycle().epoch()));
        context.faultPoints().reach("copy.keyless");
        return keyless;
    }

    private void copy(boolean keyless) {
        context.view().activity(keyless ? "copying; changes wait meanwhile" : "copying");
        int chunkRows = context.migration().spec().chunkRows();
        Backfill copying = new Backfill(
                new BackfillSettings(
                        plan,
                        new SegmentRows.Copier(
                                context.settings().owner(), context.lifecycle().epoch()),
                        chunkRows,
                        BackfillSettings.segmentRows(context.view().rowsTotal(), chunkRows),
                        pace),
                context.database().copier(plan),
                context.control().segments(),
                pipeline.dirtyKeys(),
                gate,
                throttle,
                context.metrics(),
                context.faultPoints());
        backfill = copying;
        copying.run();
        backfill = null;
        long rows = copying.rowsCopied();
        context.control()
                .migrations()
                .saveRows(context.id(), context.lifecycle().epoch(), rows, rows);
        context.view().copied(rows, rows, 0);
    }

    /** Nothing when none is missing. */
    void buildIndexes() throws InterruptedException {
        buildIndexes(Writers.AT_WORK);
    }

    /** @param writers STANDING: they go on afterwards */
    private void buildIndexes(Writers writers) throws InterruptedException {
        DeferredIndexes indexes = context.database().deferredIndexes(plan);
        List<String> missing = Retry.OUTLAST_RESTART.call("reading the indexes of " + plan.shadow(), indexes::missing);
        if (missing.isEmpty()) {
            if (writers == Writers.STANDING) {
                pipeline.endStandstill();
            }
            return;
        }
        String what = "building " + (missing.size() == 1 ? "index " : missing.size() + " indexes: ")
                + String.join(", ", missing);
        LOG.info("{}: {}", plan.source(), what);
        long begun = System.nanoTime();
        context.faultPoints().reach("indexes.before-build");
        context.view().indexing(true);
        try {
            build(indexes, what, writers);
        } finally {
            context.view().indexing(false);
        }
        context.faultPoints().reach("indexes.after-build");
        LOG.info(
                "{}: {} indexes built in {} s",
                plan.source(),
                missing.size(),
                Duration.ofNanos(System.nanoTime() - begun).toSeconds());
    }

    private void build(DeferredIndexes indexes, String what, Writers asked) throws InterruptedException {
        Writers writers = asked;
        try {
            while (true) {
                context.view().activity(what + (writers == Writers.STANDING ? "; changes wait meanwhile" : ""));
                if (writers == asked) {
                    // It cannot be slowed once it runs: so it begins only when nothing holds the work back. Not if the
                    // appliers had to stand for it: they would wait as well. After a copy without the key they have
                    // stood all the time, also while the copy was held back.
                    throttle.awaitCalm();
                }
                gate.await();
                Writers now = writers;
                Result result = Retry.OUTLAST_RESTART.call(
                        what + " of " + plan.shadow(),
                        () -> indexes.build(
                                now, pace.threads(), () -> gate.heldBackBy().isEmpty()));
                switch (result) {
                    case COMPLETE -> {
                        return;
                    }
                    case NEEDS_STANDSTILL -> {
                        // First: what fails while they come to a stand must let them go again.
                        writers = Writers.STANDING;
                        pipeline.standStill();
                    }
                    case GIVEN_UP -> LOG.info("{}: paused while {}; it begins again on resume", plan.source(), what);
                }
            }
        } finally {
            if (writers == Writers.STANDING) {
                pipeline.endStandstill();
            }
        }
    }

    /**
     * Waits until the copiers of other processes have given their segments back. The migration is PAUSED, by which they go.
     *
     * @return the names of those that have not in time
     */
    List<String> awaitOthersQuiet() {
        return Standstill.await(
                "reading who copies for " + plan.id(),
                () -> context.control().segments().workers(plan.id()).stream()
                        .filter(name -> !name.equals(context.settings().owner()))
                        .toList(),
                QUIET_WITHIN);
    }

    /** Brings the view up to date. */
    void show() {
        Backfill copying = backfill;
        if (copying != null) {
            Backfill.Progress progress = copying.progress();
            // The first estimate is of the whole table; what is left of it is known the better the less it is.
            long total = progress.rowsLeft() < 0 ? context.view().rowsTotal() : progress.rows() + progress.rowsLeft();
            context.view().copied(progress.rows(), total, progress.rowsPerSecond());
        }
    }
}
