package dev.shoofly.coordinator;

import dev.shoofly.coordinator.disk.DiskMeter;
import dev.shoofly.database.TableSwap;
import dev.shoofly.database.TableSwap.Direction;
import dev.shoofly.database.connection.Retry;
import dev.shoofly.database.control.Command;
import dev.shoofly.database.throttle.Throttle;
import dev.shoofly.model.CutoverMode;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.MigrationState;
import dev.shoofly.model.ShooflyException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The phases of one owned migration. Each starts from what the control tables say and ends with a transition, so a run
 * that takes over an interrupted migration enters at its state and goes on. {@link #phases} runs on the phase thread;
 * {@link #supervise} on the thread that watches it; pause, resume and approval on the command thread.
 */
final class MigrationRun implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(MigrationRun.class);
    private static final String APPROVED = "cut-over approved";
    private static final Duration LOOK_AT_GATES = Duration.ofSeconds(1);
    private final RunContext context;
    private final Lifecycle lifecycle;
    private final KafkaAccess kafka;
    private final Topics topics;
    private final DiskGuard disk;
    private final Pauses pauses;
    private final GateBoard board;
    private final CutoverWord word;
    private final ForwardTime forward;
    private volatile @Nullable Stages stages;
    private volatile @Nullable RollbackWindow window;
    private volatile boolean attempting;
    /** What the last swap could not finish; the phase thread's. */
    private String leftToDo = "";

    MigrationRun(RunContext context, KafkaAccess kafka, DiskMeter meter) {
        this.context = context;
        this.lifecycle = context.lifecycle();
        this.kafka = kafka;
        this.topics = new Topics(kafka.bootstrapServers(), context.id());
        this.disk = new DiskGuard(context, kafka, meter);
        this.pauses = new Pauses(context, kafka, disk, () -> stages);
        this.board = new GateBoard(context, InstantSource.system());
        MigrationPlan known = context.migration().plan();
        // Who brought the old table back wants to be asked, whatever was said before that.
        boolean asked = known == null || known.round() == 1;
        this.word = new CutoverWord(context.migration().cutoverApproved()
                || asked && context.migration().spec().cutover().mode() == CutoverMode.AUTO);
        this.forward = new ForwardTime(context, word, InstantSource.system());
    }

    void start() {
        disk.start(pauses::brakeIfStillShort);
    }

    Pauses pauses() {
        return pauses;
    }

    DiskGuard disk() {
        return disk;
    }

    /** Works through the phases until the migration is complete, or READY and the process may go. */
    MigrationOutcome phases() throws InterruptedException {
        pauses.awaitKafka();
        while (true) {
            if (Thread.interrupted()) {
                // Whoever ended this phase goes on, or begins the phases anew: nothing more from here.
                throw new InterruptedException("the phase was ended");
            }
            switch (lifecycle.workState()) {
                case CREATED -> lifecycle.advance(MigrationState.PLANNING);
                case PLANNING -> plan();
                case PREPARING -> prepare();
                case COPYING -> copy();
                case SYNCHRONIZING -> {
                    if (!endsRolledBack()) {
                        synchronize();
                    }
                }
                case VALIDATING -> {
                    if (!endsRolledBack()) {
                        validate();
                    }
                }
                case READY -> {
                    if (!cutOver()) {
                        return MigrationOutcome.READY_DETACHED;
                    }
                }
                case CUTOVER -> afterSwap();
                case COMPLETED -> {
                    return MigrationOutcome.COMPLETED;
                }
                case ROLLED_BACK -> {
                    return MigrationOutcome.ROLLED_BACK;
                }
                case PAUSED, FAILED, CANCELLED ->
                    throw new IllegalStateException("nothing to run in state " + lifecycle.state());
            }
        }
    }

    private void plan() throws InterruptedException {
        context.view().activity("checking table and server");
        Preflight.check(context.database(), context.source());
        lifecycle.advance(MigrationState.PREPARING);
    }

    /** Starts from nothing each time: what an interrupted preparation left is removed first. */
    private void prepare() throws InterruptedException {
        lifecycle.awaitResume();
        context.view().activity("looking for room");
        new Cleanup(context.database(), context.id(), context.source()).beforePreparing(topics);
        pauses.awaitRoom();
        context.view().activity("creating the shadow");
        MigrationPlan plan = context.database()
                .preparation()
                .createShadow(
                        context.id(), context.source(), context.migration().spec());
        context.control().migrations().savePlan(context.id(), lifecycle.epoch(), plan);
        disk.shadowIs(plan.shadow());
        lifecycle.awaitResume();
        long rows = context.database().preparation().estimateRows(context.source());
        context.control().migrations().saveRows(context.id(), lifecycle.epoch(), 0, rows);
        context.view().copied(0, rows, 0);
        context.control().markers().create(context.id());
        context.view().activity("opening the change log");
        topics.create(plan.partitions());
        // After the topics: appliers in other processes join as soon as there is progress to be made.
        context.control().progress().create(context.id(), plan.partitions());
        context.database().changeLog().open(plan);
        lifecycle.awaitResume();
        Stages created = new Stages(context, plan, kafka.bootstrapServers());
        adopt(created);
        created.startFresh();
        lifecycle.advance(MigrationState.COPYING);
    }

    private void copy() throws InterruptedException {
        running().copy();
        lifecycle.advance(MigrationState.SYNCHRONIZING);
    }

    private void synchronize() throws InterruptedException {
        context.view().activity("applying the changes made meanwhile");
        Stages running = running();
        running.becomeComplete();
        lifecycle.advance(MigrationState.VALIDATING);
    }

    private void validate() throws InterruptedException {
        context.view().activity("comparing both sides");
        running().verify();
        lifecycle.advance(MigrationState.READY);
    }

    /** @return false when the process may go and leave the cut-over to somebody's {@code cutover} */
    private boolean cutOver() throws InterruptedException {
        MigrationPlan plan = Stages.plan(context);
        TableSwap swap = context.database().swap(plan);
        if (Retry.OUTLAST_RESTART.call("looking at the tables' names", swap::isSwapped)) {
            lifecycle.swapped(Direction.FORWARD);
            return true;
        }
        if (forward.isOver(plan)) {
            stayRolledBack(plan);
            return true;
        }
        Stages running = running();
        running.verifyUnlessVerified();
        running.keepVerified();
        // Before somebody gives the word: who does must know whether there is a way back.
        new RollbackWindow(context, plan, InstantSource.system()).foretell();
        context.view()
                .activity(
                        word.isGiven()
                                ? "preparing the cut-over"
                                : "ready; waiting for 'cutover " + context.id() + "'" + forwardUntil());
        while (!word.isGiven()) {
            board.showWaitingForApproval();
            if (context.settings().detachWhenReady()) {
                return false;
            }
            if (!word.await(LOOK_AT_GATES) && !forward.hearsWord() && forward.isOver(plan)) {
                stayRolledBack(plan);
                return true;
            }
        }
        context.faultPoints().reach("cutover.asked");
        Retry.OUTLAST_RESTART.call("reading which gates are skipped", () -> {
            board.hearForced();
            return true;
        });
        running.cutOver(swap, busy -> attempting = busy, () -> true, board);
        return true;
    }

    private String forwardUntil() {
        Instant until = forward.until();
        return until == null ? "" : ", or for " + until + ", when it ends rolled back";
    }

    /** After a rollback: whether its time to go forward again was over before everything was ready for that. */
    private boolean endsRolledBack() throws InterruptedException {
        MigrationPlan plan = Stages.plan(context);
        if (!forward.isOver(plan)) {
            return false;
        }
        stayRolledBack(plan);
        return true;
    }

    /** The new table is nobody's shadow any more, and left as after a rollback that nothing follows. */
    private void stayRolledBack(MigrationPlan plan) throws InterruptedException {
        String why =
                "nobody gave the word to go forward again before the time was over (it was " + lifecycle.workState()
                        + " then); " + plan.source() + " is the table of before the migration, with every write, and "
                        + plan.shadow()
                        + " is the new one, which is not kept up to date any more and is yours to drop";
        context.faultPoints().reach("forward-again.called-off");
        context.view().activity("cleaning up");
        close();
        new Cleanup(context.database(), context.id(), context.source()).afterSwap(topics);
        new RollbackWindow(context, plan, InstantSource.system()).dismantle();
        lifecycle.advance(
                MigrationState.ROLLED_BACK, joined(why, knownLeftToDo().orElse("")));
    }

    /** The new table is live. An interruption repeats all of it. */
    private void afterSwap() throws InterruptedException {
        close();
        MigrationPlan plan = Stages.plan(context);
        RollbackWindow opened = new RollbackWindow(context, plan, InstantSource.system());
        window = opened;
        Optional<String> known = knownLeftToDo();
        boolean unopened = opened.isUnopened();
        if (known.isEmpty() && unopened) {
            // Before the way back is opened: what it changes about the new table would pass for somebody's change.
            finish(context.database().swap(plan));
        } else {
            if (unopened) {
                // Later it would be the proof of what a swap back has left.
                told(context.database().swap(plan));
            }
            leftToDo = known.orElse("");
            lifecycle.recall(leftToDo);
        }
        RollbackWindow.End end = opened.run(this::keepUpToDate, busy -> attempting = busy);
        context.view().activity("cleaning up");
        close();
        MigrationPlan used = opened.plan();
        if (end == RollbackWindow.End.ROLLED_BACK && used != null) {
            finish(context.database().swap(used, Direction.BACK));
            if (opened.goesForwardAgain(used)) {
                window = null;
                word.askAgain();
                forward.forget();
                lifecycle.forwardAgain(leftToDo);
                return;
            }
        }
        // First: what is handed over to the new table would not come back with the old one.
        opened.close();
        new Cleanup(context.database(), context.id(), context.source()).afterSwap(topics);
        if (end == RollbackWindow.End.CLOSED) {
            settle(context.database().swap(plan));
        }
        opened.dismantle();
        if (end == RollbackWindow.End.CLOSED) {
            OldTableRetirement.schedule(context, plan, InstantSource.system());
        }
        lifecycle.advance(
                end == RollbackWindow.End.CLOSED ? MigrationState.COMPLETED : MigrationState.ROLLED_BACK,
                joined(opened.endsBecause(), leftToDo));
    }

    private static String joined(String... words) {
        return Stream.of(words).filter(part -> !part.isEmpty()).collect(Collectors.joining("; "));
    }

    /** Of the last swap, by whichever process; empty: none was finished. */
    private Optional<String> knownLeftToDo() {
        return Retry.OUTLAST_RESTART.call(
                "reading what is left to do of migration " + context.id(),
                () -> context.control().migrations().leftToDo(context.id()));
    }

    /** The new table serves: what is missing to perfection costs neither the migration nor its way back. */
    private void finish(TableSwap swap) {
        List<String> left = Retry.OUTLAST_RESTART.call("finishing the swap of " + context.source(), swap::finish);
        leftToDo = String.join("; ", left);
        if (!left.isEmpty()) {
            LOG.warn("{} is swapped, but something is left to do by hand: {}", context.source(), leftToDo);
        }
        lifecycle.finished(leftToDo);
        context.faultPoints().reach("finish.recorded");
        // Not before: whoever takes the migration over in between finds it out again.
        told(swap);
    }

    private void told(TableSwap swap) {
        Retry.OUTLAST_RESTART.call("noting that what is left of " + context.source() + " is recorded", () -> {
            swap.told();
            return true;
        });
    }

    private void settle(TableSwap swap) {
        Retry.OUTLAST_RESTART.call("settling the new " + context.source(), () -> {
            swap.settle();
            return true;
        });
    }

    private Stages keepUpToDate(MigrationPlan back, MigrationPlan compared, Throttle mayGoOn) {
        Stages created = Stages.back(context, Stages.plan(context), back, compared, mayGoOn, kafka.bootstrapServers());
        stages = created;
        created.startBack();
        return created;
    }

    /**
     * Whether the failure costs only the way back.
     *
     * @return false: it ends the run
     */
    boolean losesWayBack(ShooflyException failure) {
        RollbackWindow opened = window;
        boolean curable = switch (failure.kind()) {
            case TRANSIENT, SUPERSEDED, NO_SPACE -> true;
            case REFUSED, DATA, AMBIGUOUS -> false;
        };
        if (opened == null || curable || !opened.isAtWork() || lifecycle.isSwappedBack()) {
            return false;
        }
        close();
        opened.lose(failure instanceof VerificationFailed differs ? differs.keepingOld() : failure);
        return true;
    }

    /** @return the answer; empty: not yet */
    Optional<String> rollBack(Command asked) {
        RollbackWindow opened = window;
        if (opened != null) {
            return Optional.of(opened.request(asked));
        }
        return isBeforeWindow()
                ? Optional.empty()
                : Optional.of("refused: the tables are not swapped yet; 'cancel' ends the migration");
    }

    /** @return the answer; empty: not yet */
    Optional<String> closeWindow(Command asked) {
        RollbackWindow opened = window;
        if (opened != null) {
            return Optional.of(opened.complete(asked));
        }
        return isBeforeWindow() ? Optional.empty() : Optional.of("refused: the tables are not swapped yet");
    }

    /** The tables are swapped, but whoever has taken the migration over is not so far yet that he can hear of what follows. */
    private boolean isBeforeWindow() {
        return lifecycle.state() == MigrationState.CUTOVER;
    }

    /** The time to go forward again is over, and the phases have ended for that: what they left at work ends, too. */
    void endForward() {
        close();
        forward.phasesEnded();
    }

    /** The running stages; starts them where the migration was interrupted. */
    private Stages running() throws InterruptedException {
        Stages running = stages;
        if (running == null) {
            context.view().activity("continuing where it stopped");
            MigrationPlan plan = Stages.plan(context);
            disk.shadowIs(plan.shadow());
            pauses.pauseWithoutRoom();
            running = new Stages(context, plan, kafka.bootstrapServers());
            adopt(running);
            running.startWhereItStopped();
        }
        return running;
    }

    private void adopt(Stages created) {
        synchronized (pauses) {
            // Held or not, the stages and the state must say the same.
            stages = created;
            pauses.adopt(created);
        }
    }

    /**
     * After a failure that the operator can cure. The stages end; the ones that {@link #phases} starts next only capture
     * until somebody says resume. The phase thread must have ended.
     *
     * @param check throws when the run is to end instead
     */
    void hold(ShooflyException error, Runnable check) {
        close();
        pauses.hold(error, check);
    }

    /** Looks after everything that runs; throws what must end the phases. Called about every 50 ms. */
    void supervise() {
        forward.look();
        pauses.ensureKafkaRuns();
        Stages running = stages;
        if (running == null) {
            return;
        }
        if (!lifecycle.state().isSwapped()) {
            running.supervise();
            running.criticalLoad().ifPresent(this::stopFor);
        } else if (running.isBack() && !lifecycle.isSwappedBack()) {
            running.supervise();
        }
    }

    private void stopFor(Stages.CriticalLoad load) {
        String why = "critical load: " + load.words() + ", twice in a row";
        switch (load.action()) {
            case PAUSE -> {
                LOG.warn("migration {} is paused until 'resume {}': {}", context.id(), context.id(), why);
                pauses.pause(why, Pauses.Extent.ALL_BUT_CAPTURE);
            }
            case ABORT ->
                throw new ShooflyException(
                        ErrorKind.REFUSED,
                        why + ", and --critical-action is abort. The source is untouched; 'resume " + context.id()
                                + "' continues where it stopped.");
        }
    }

    /** The failure itself, or what somebody did to the source that led to it. */
    ShooflyException explain(ShooflyException failure) {
        Stages running = stages;
        return running == null ? failure : running.explain(failure);
    }

    /** Between lock and release of a cut-over attempt nothing may interrupt the phase thread. */
    boolean isAttempting() {
        return attempting;
    }

    /** @return the answer for who asked */
    String approve(Command asked) {
        if (lifecycle.isSwappedBack()) {
            return "refused: the old table has just been brought back, and what follows a rollback is not finished. The"
                    + " word was not taken; give it again when 'status' says SYNCHRONIZING or what comes after it";
        }
        if (lifecycle.state().isSwapped()) {
            return "refused: the tables are swapped already";
        }
        String answer = APPROVED + asked.heardGates();
        boolean heard;
        try {
            heard = word.give(() -> {
                boolean taken = context.control().migrations().approveCutover(asked, lifecycle.epoch(), answer);
                context.faultPoints().reach(CommandListener.TAKEN);
                return taken;
            });
        } finally {
            // Also when the answer was lost with the connection: the word may be in the row.
            board.expectForced();
        }
        return heard ? answer : "refused: the tables are swapped already, or the time to go forward again is over";
    }

    /** Asks the server, which alone knows after an interrupt. */
    boolean isSwapped() {
        return Retry.OUTLAST_RESTART.call(
                "looking at the tables' names",
                () -> context.control()
                        .migrations()
                        .find(context.id())
                        .map(found -> found.plan() != null
                                && context.database().swap(found.plan()).isSwapped())
                        .orElse(false));
    }

    /** Drops every trace; the pipeline ends first. */
    void dropEverything() {
        close();
        Cleanup cleanup = new Cleanup(context.database(), context.id(), context.source());
        cleanup.beforePreparing(topics);
        cleanup.forget();
    }

    @Override
    public void close() {
        Stages running = stages;
        stages = null;
        Pipeline.closeQuietly(running);
    }

    /** The run is over. */
    void end() {
        disk.close();
        close();
        Pipeline.closeQuietly(topics);
    }
}
