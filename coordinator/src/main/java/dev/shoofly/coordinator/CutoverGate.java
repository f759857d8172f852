package dev.shoofly.coordinator;

import dev.shoofly.database.TableSwap;
import dev.shoofly.database.connection.Retry;
import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.model.GateName;
import dev.shoofly.model.GateReport;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.verifier.ChangesTail;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the cut-over loop asks of the running stages. Called by the phase thread. */
final class CutoverGate implements CutoverLoop.Gate {
    private static final Logger LOG = LoggerFactory.getLogger(CutoverGate.class);
    private final RunContext context;
    private final MigrationPlan plan;
    private final ChangesTail tail;
    private final Shadow shadow;
    private final Gathering gathering;
    private final Supplier<Optional<String>> differing;
    private final Supplier<Optional<String>> unverified;
    private final Supplier<List<String>> replicas;
    private final Consumer<Boolean> attempting;
    private final BooleanSupplier wanted;
    private final GateBoard board;
    private String reported = "";

    /** How far the shadow is. */
    interface Shadow {
        /** Whether a marker written now is applied by all partitions within the time. */
        boolean isCaughtUpWithin(Duration time) throws InterruptedException;

        /** Waits while the migration is paused, and after that until it is caught up. */
        String completionPoint() throws InterruptedException;

        /** Whether a pause has come since the last completion point. */
        boolean isBehind();
    }

    /**
     * @param differing tells of rows that are known to differ
     * @param unverified compares what changed and tells what was not
     * @param replicas tells which lag beyond their limit
     * @param attempting told when an attempt begins and ends
     * @param board what the operator says to this swap, and where he sees the gates
     */
    CutoverGate(
            RunContext context,
            MigrationPlan plan,
            ChangesTail tail,
            Shadow shadow,
            Gathering gathering,
            Supplier<Optional<String>> differing,
            Supplier<Optional<String>> unverified,
            Supplier<List<String>> replicas,
            Consumer<Boolean> attempting,
            BooleanSupplier wanted,
            GateBoard board) {
        this.context = context;
        this.plan = plan;
        this.tail = tail;
        this.shadow = shadow;
        this.gathering = gathering;
        this.differing = differing;
        this.unverified = unverified;
        this.replicas = replicas;
        this.attempting = attempting;
        this.wanted = wanted;
        this.board = board;
    }

    @Override
    public boolean caughtUpWithin(Duration time) throws InterruptedException {
        return shadow.isCaughtUpWithin(time);
    }

    @Override
    public String completionPoint() throws InterruptedException {
        return shadow.completionPoint();
    }

    @Override
    public Optional<String> knownToDiffer() {
        return differing.get();
    }

    @Override
    public Optional<String> unverified() {
        return unverified.get();
    }

    @Override
    public List<String> replicasBehind() {
        return replicas.get();
    }

    @Override
    public boolean isBehind() {
        return shadow.isBehind();
    }

    @Override
    public List<GateReport> operators() {
        return board.operators();
    }

    @Override
    public boolean isForced(GateName gate) {
        return board.isForced(gate);
    }

    @Override
    public void show(List<GateReport> found) {
        board.show(found);
    }

    @Override
    public void ended(String session) {
        Retry.OUTLAST_RESTART.call("noting whose session was ended for " + plan.source(), () -> {
            context.control().migrations().log(context.id(), "KILLED", session);
            return true;
        });
        context.lifecycle().noted();
    }

    @Override
    public boolean isWanted() {
        return wanted.getAsBoolean();
    }

    @Override
    public TableSwap.Remainder remainder() {
        return new TailRemainder(
                () -> context.control().markers().next(plan.id()), tail, () -> gathering.cuttingOver(true));
    }

    @Override
    public void report(String activity, boolean asReason) {
        context.view().activity(activity);
        if (asReason && !activity.equals(reported)) {
            reported = activity;
            LOG.info("{}", activity);
            save(activity);
        }
    }

    /** A server that cannot be told is no reason to fail: mostly it is what is being reported. */
    private void save(String reason) {
        try {
            context.control()
                    .migrations()
                    .saveReason(context.id(), context.lifecycle().epoch(), reason);
        } catch (ShooflyException e) {
            if (!SqlErrors.isTransient(e)) {
                throw e;
            }
            LOG.debug("what the cut-over waits for was not saved: {}", e.getMessage());
        }
    }

    @Override
    public void attempting(boolean running) {
        if (!running) {
            gathering.cuttingOver(false);
        }
        attempting.accept(running);
    }
}
