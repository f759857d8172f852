package dev.shoofly.coordinator;

import dev.shoofly.database.TableSwap;
import dev.shoofly.database.TableSwap.Direction;
import dev.shoofly.database.connection.Retry;
import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.database.control.MigrationRows;
import dev.shoofly.database.throttle.AdaptiveThrottle;
import dev.shoofly.database.throttle.PauseGate;
import dev.shoofly.database.throttle.Throttle;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.MigrationState;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.throttle.CriticalAction;
import dev.shoofly.verifier.ChangesTail;
import dev.shoofly.verifier.MarkerFence;
import dev.shoofly.verifier.sweep.LocalRanges;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.apache.kafka.clients.CommonClientConfigs;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The stages of one migration once its shadow exists: pipeline, backfill, verification and cut-over, with one gate that
 * pauses them all. The phase thread drives it, the watching thread supervises, the command thread pauses.
 */
final class Stages implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Stages.class);
    private static final Duration FIRST_MARKER_WITHIN = Duration.ofSeconds(90);
    private static final Duration SAVE_EVERY = Duration.ofSeconds(1);
    private final RunContext context;
    private final MigrationPlan plan;
    private final Direction direction;
    private final PauseGate gate = new PauseGate();
    private final AdaptiveThrottle throttle;
    private final Pipeline pipeline;
    private final MarkerFence fence;
    private final Completeness completeness;
    private final ChangesTail tail;
    private final TopicKeeper keeper;
    private final SourceGuard source;
    private final CopyStage copy;
    private final Gathering gathering;
    private final LivePace pace;
    private final SharedSweep sweep;
    private final VerifyStage verifying;
    private long nextSave = System.nanoTime();

    /** Of the migration. */
    Stages(RunContext context, MigrationPlan plan, String bootstrapServers) {
        this(context, plan, plan, plan, Direction.FORWARD, Throttle.allOf(), bootstrapServers);
    }

    /**
     * Of the way back.
     *
     * @param plan the migration's
     * @param compared {@code back} with the columns that can be compared
     * @param mayGoOn asked before each chunk that is compared; throws to end that
     */
    static Stages back(
            RunContext context,
            MigrationPlan plan,
            MigrationPlan back,
            MigrationPlan compared,
            Throttle mayGoOn,
            String bootstrapServers) {
        return new Stages(context, back, plan, compared, Direction.BACK, mayGoOn, bootstrapServers);
    }

    private Stages(
            RunContext context,
            MigrationPlan plan,
            MigrationPlan captured,
            MigrationPlan compared,
            Direction direction,
            Throttle mayGoOn,
            String bootstrapServers) {
        this.context = context;
        this.plan = plan;
        this.direction = direction;
        this.throttle = new AdaptiveThrottle(
                context.control().throttle(),
                plan,
                context.lifecycle().epoch(),
                context.database().load(),
                System::nanoTime);
        this.pace = new LivePace(throttle.settings(), context.database()::processors, throttle::othersWork);
        this.pipeline = new Pipeline(
                context.database(),
                plan,
                captured,
                bootstrapServers,
                context.settings(),
                context.metrics(),
                context.faultPoints(),
                context.lifecycle().epoch(),
                throttle.pulse(),
                pace.writers(this::gathersLong));
        this.gathering = new Gathering(pipeline::gather, throttle::othersWork, throttle::isPressed);
        this.copy = new CopyStage(context, plan, pipeline, gate, throttle, pace);
        Map<String, Object> kafka = Map.of(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers);
        this.tail = new ChangesTail(kafka, plan);
        this.keeper = new TopicKeeper(context, plan, bootstrapServers, tail::firstKept);
        this.source = new SourceGuard(context.database().sourceWatch(plan), context.lifecycle(), plan, direction);
        this.fence = new MarkerFence(context.control(), plan.id(), gate, pipeline::check, pipeline::hurry);
        this.completeness = new Completeness(context, plan, gate, fence);
        this.sweep = new SharedSweep(context, plan, bootstrapServers, pace, InstantSource.system());
        this.verifying = new VerifyStage(
                context,
                compared,
                direction,
                kafka,
                fence,
                tail,
                pipeline,
                throttle,
                Throttle.allOf(mayGoOn, new Throttle() {
                    @Override
                    public void await() throws InterruptedException {
                        completeness.await();
                    }
                }),
                // Other processes know the tables of the first swap only.
                isSweepShared() ? sweep::of : LocalRanges::new);
    }

    private boolean gathersLong() {
        return gathering.isLong();
    }

    private boolean isSweepShared() {
        return direction == Direction.FORWARD && plan.round() == 1;
    }

    /** The plan that PREPARING saved. */
    static MigrationPlan plan(RunContext context) {
        MigrationPlan plan = Retry.OUTLAST_RESTART
                .call(
                        "reading the plan of " + context.id(),
                        () -> context.control().migrations().find(context.id()).orElseThrow())
                .plan();
        if (plan == null) {
            throw new ShooflyException(
                    ErrorKind.REFUSED,
                    "migration " + context.id()
                            + " has no plan in shoofly.migrations although it is past PREPARING; the"
                            + " control row was edited. Cancel the migration and start it again.");
        }
        return plan;
    }

    /**
     * The first start. Returns when a marker has gone all the way and the capture's position is saved: from then on every
     * change is in the topic or will be, so the copy may take its first snapshot, and a kill finds a position to resume
     * from.
     */
    void startFresh() {
        pipeline.start(true, context.settings().markerInterval());
        startWatching(true);
        context.view().activity("waiting for the first marker");
        if (context.settings().applierThreads() > 0) {
            fence.pass(FIRST_MARKER_WITHIN);
        } else {
            // Appliers in other processes come when somebody starts them.
            long marker = fence.insert();
            while (!completeness.hasPassed(marker)) {
                LOG.debug("{} waits for an applier", plan.source());
            }
        }
        // The stream may begin behind the commit record of a transaction that is not visible yet (a standby that does
        // not answer): nobody would deliver it and the copy would not see it. Its locks last until it is visible, so
        // wait for the writers of this moment once more.
        context.database().changeLog().open(plan);
    }

    /** After an interruption. Snapshots taken while nothing was applied are old ones: the completion point moves up. */
    void startWhereItStopped() throws InterruptedException {
        pipeline.start(false, context.settings().markerInterval());
        startWatching(false);
        MigrationState state = context.lifecycle().workState();
        if (state == MigrationState.VALIDATING || state == MigrationState.READY) {
            completeness.reach();
        }
    }

    /** After the swap, or an interruption. The capture has never stopped to follow the table's name. */
    void startBack() {
        pipeline.start(false, context.settings().markerInterval());
        startWatching(false);
    }

    boolean isBack() {
        return direction == Direction.BACK;
    }

    private void startWatching(boolean fresh) {
        verifying.open();
        keeper.start();
        Retry.OUTLAST_RESTART.call("reading the throttle of " + plan.source(), () -> {
            throttle.start(fresh);
            return true;
        });
    }

    void copy() throws InterruptedException {
        throttle.endCalm();
        throttle.active(true);
        gathering.copying(true);
        try {
            copy.run();
        } finally {
            gathering.copying(false);
            throttle.active(false);
        }
    }

    /** Returns once everything captured is applied; from then on the shadow holds every row. */
    void becomeComplete() throws InterruptedException {
        if (isSweepShared()) {
            sweep.prepare();
        }
        gathering.catchingUp(true);
        try {
            // The marker that tells that the shadow is whole is as good for the sweep.
            completeness.reach(verifying.witness());
        } finally {
            gathering.catchingUp(false);
        }
    }

    void verify() {
        throttle.active(true);
        gathering.comparing(true);
        try {
            verifying.run();
        } finally {
            gathering.comparing(false);
            throttle.active(false);
        }
    }

    /** A migration that failed its verification when it was READY is not READY before it has passed another. */
    void verifyUnlessVerified() {
        if (verifying.mustSweep()) {
            context.view().activity("comparing both sides again");
            verify();
        }
    }

    /** Until the cut-over: what changes is compared again. */
    void keepVerified() {
        verifying.following(true);
    }

    /**
     * @param wanted whether it is still asked for
     * @param board what the operator says to it, and where he sees what it waits for
     */
    void cutOver(TableSwap swap, Consumer<Boolean> attempting, BooleanSupplier wanted, GateBoard board)
            throws InterruptedException {
        // From here on the loop does it.
        verifying.following(false);
        // They were built; somebody may have dropped one from the shadow.
        copy.buildIndexes();
        CutoverLoop loop = new CutoverLoop(
                swap,
                plan,
                direction,
                context.migration().spec().cutover(),
                context.lifecycle(),
                new CutoverGate(
                        context,
                        plan,
                        tail,
                        completeness,
                        gathering,
                        verifying::knownToDiffer,
                        verifying::unverified,
                        throttle::replicasBehind,
                        attempting,
                        wanted,
                        board),
                context.metrics());
        Retry.OUTLAST_RESTART.call("getting ready to read the last changes of " + plan.source(), () -> {
            tail.warmUp();
            return true;
        });
        try {
            loop.run();
        } finally {
            context.view().cutover(loop.attempts(), loop.lockedMillis());
        }
        if (direction == Direction.BACK) {
            return;
        }
        Retry.OUTLAST_RESTART.call("saving how the cut-over of " + plan.source() + " went", () -> {
            context.control()
                    .migrations()
                    .saveCutover(context.id(), context.lifecycle().epoch(), loop.attempts(), loop.lockedMillis());
            return true;
        });
    }

    /** Throws what ended a stage; saves progress once a second. */
    void supervise() {
        pipeline.check();
        verifying.check();
        gathering.look();
        show();
        // Paused: the server is left alone. What somebody did to the source meanwhile is found right afterwards.
        if (context.lifecycle().state() == MigrationState.PAUSED) {
            return;
        }
        if (pipeline.isFarBehind()) {
            // A snapshot of these minutes would see, after the swap, a table that lacks their changes.
            completeness.fallsBehind();
        }
        source.check();
        if (System.nanoTime() < nextSave) {
            return;
        }
        nextSave = System.nanoTime() + SAVE_EVERY.toNanos();
        saveProgress();
    }

    /** The failure itself, or the change of the source that led to it. */
    ShooflyException explain(ShooflyException failure) {
        return source.explain(
                failure, () -> context.database().swap(plan, direction).isSwapped());
    }

    /** What is to be done about the server's load; empty: nothing. Told once. */
    Optional<CriticalLoad> criticalLoad() {
        return throttle.takeCritical()
                .map(words ->
                        new CriticalLoad(words, throttle.settings().now().load().criticalAction()));
    }

    /** @param words what is critical */
    record CriticalLoad(String words, CriticalAction action) {}

    private void show() {
        context.view().throttle(throttle.state());
        ApplyWatch appliers = pipeline.appliers();
        context.view().applied(appliers.keysApplied(), appliers.lagMillis());
        context.view().appliers(appliers.instances(), pipeline.isStanding() ? List.of() : appliers.unclaimed());
        keeper.latest().ifPresent(context.view()::topic);
        copy.show();
        if (context.lifecycle().workState() == MigrationState.VALIDATING) {
            context.view().verified(verifying.rowsCompared(), 0);
        }
    }

    private void saveProgress() {
        MigrationSnapshot now = context.view().snapshot();
        try {
            MigrationRows rows = context.control().migrations();
            if (now.state() == MigrationState.COPYING) {
                rows.saveRows(context.id(), context.lifecycle().epoch(), now.rowsCopied(), now.rowsTotal());
            } else if (now.state() == MigrationState.VALIDATING) {
                rows.saveVerified(context.id(), context.lifecycle().epoch(), now.rowsVerified(), now.mismatches());
            }
        } catch (ShooflyException e) {
            if (!SqlErrors.isTransient(e)) {
                throw e;
            }
            LOG.debug("progress not saved this time: {}", e.getMessage());
        }
    }

    /** @return the names of appliers and copiers in other processes that may still be at work */
    List<String> pause() {
        gate.pause();
        throttle.pause();
        completeness.fallsBehind();
        keeper.pause();
        List<String> busy = new ArrayList<>(pipeline.pause());
        busy.addAll(copy.awaitOthersQuiet());
        return busy;
    }

    /** Before the start: the capture alone begins to work. */
    void hold() {
        gate.pause();
        throttle.pause();
        completeness.fallsBehind();
        keeper.pause();
        pipeline.hold();
    }

    /** In a pause. */
    void stopCapture() {
        pipeline.stopCapture();
    }

    /** What becomes of the log while the capture is stopped, for people. */
    String retention() {
        return context.database().changeLog().retention(plan);
    }

    boolean isCaptureStopped() {
        return pipeline.isCaptureStopped();
    }

    /** Cannot fail half-way: it asks nobody. */
    void resume() {
        pipeline.resume();
        keeper.resume();
        throttle.resume();
        gate.resume();
    }

    @Override
    public void close() {
        gate.resume();
        verifying.close();
        sweep.close();
        keeper.close();
        throttle.close();
        Pipeline.closeQuietly(tail);
        pipeline.close();
    }
}
