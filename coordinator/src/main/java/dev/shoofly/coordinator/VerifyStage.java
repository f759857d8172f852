package dev.shoofly.coordinator;

import dev.shoofly.database.Comparer;
import dev.shoofly.database.TableSwap.Direction;
import dev.shoofly.database.connection.Retry;
import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.database.throttle.Throttle;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.MigrationSpec;
import dev.shoofly.model.RepairMode;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.VerifySettings;
import dev.shoofly.verifier.ChangesTail;
import dev.shoofly.verifier.MarkerFence;
import dev.shoofly.verifier.MismatchTopic;
import dev.shoofly.verifier.Surroundings;
import dev.shoofly.verifier.ValidationDetails;
import dev.shoofly.verifier.Verification;
import dev.shoofly.verifier.VerificationPass;
import dev.shoofly.verifier.VerificationReport;
import dev.shoofly.verifier.VerificationSettings;
import dev.shoofly.verifier.VerificationStore;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compares both sides: the whole table once, then whatever changes, while the migration waits for the word and before each
 * attempt of the cut-over. {@link #run} and {@link #unverified} are the phase thread's; a thread of its own follows in between.
 */
final class VerifyStage implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(VerifyStage.class);
    private static final Duration FOLLOW_EVERY = Duration.ofSeconds(2);
    /** Rows that may have changed at so many looks do not hold the cut-over up. */
    private static final int LOOKS_AT_HOT_ROWS = 20;

    private final RunContext context;
    private final MigrationPlan plan;
    private final Direction direction;
    private final MismatchTopic mismatches;
    private final Verification verification;
    private final RepeatingThread follower = new RepeatingThread("shoofly-verify");
    private volatile boolean sweeping;
    private volatile boolean following;
    private volatile @Nullable ShooflyException failure;
    private int hotLooks;

    /**
     * @param throttle of the sweep
     * @param pause holds everything up
     * @param ranges who compares the ranges of a sweep
     */
    VerifyStage(
            RunContext context,
            MigrationPlan plan,
            Direction direction,
            Map<String, Object> kafka,
            MarkerFence fence,
            ChangesTail tail,
            Pipeline pipeline,
            Throttle throttle,
            Throttle pause,
            VerificationPass.Source ranges) {
        this.context = context;
        this.plan = plan;
        this.direction = direction;
        Comparer comparer = context.database().comparer(plan);
        this.mismatches = new MismatchTopic(kafka, plan, comparer::reproduce, InstantSource.system());
        MigrationSpec spec = context.migration().spec();
        this.verification = new Verification(
                VerificationSettings.of(plan, spec.chunkRows(), choices(spec.verify())),
                new Surroundings(
                        comparer,
                        fence,
                        tail,
                        pipeline.dirtyKeys(),
                        List.of(
                                mismatches,
                                new ValidationDetails(context.control().validation(), plan.id())),
                        // The pause comes last: it must hold to the moment when the work begins.
                        Throttle.allOf(whileSweeping(throttle), pause),
                        context.metrics()),
                VerificationStore.of(
                        context.control().verification(),
                        plan.id(),
                        context.lifecycle().epoch(),
                        context.faultPoints()),
                ranges);
        follower.repeat(this::follow, FOLLOW_EVERY, FOLLOW_EVERY);
    }

    /**
     * After a rollback rows may differ that nobody has written since: what a conversion lost on the way back, the new table still
     * has. The source says what they are now, so they are written anew, as many as there are, and compared again.
     */
    private VerifySettings choices(VerifySettings asked) {
        return direction == Direction.FORWARD && plan.round() > 1
                ? new VerifySettings(RepairMode.AUTO, Integer.MAX_VALUE, asked.payload())
                : asked;
    }

    /** What changes afterwards is little, and a cut-over that waited for a quiet server would only have more of it. */
    private Throttle whileSweeping(Throttle throttle) {
        return new Throttle() {
            @Override
            public void await() throws InterruptedException {
                if (sweeping) {
                    throttle.await();
                }
            }

            @Override
            public void finished(Duration took, long rows) {
                if (sweeping) {
                    throttle.finished(took, rows);
                }
            }
        };
    }

    /** Before the topic is trimmed for the first time: what an interrupted run has still to compare is kept. */
    void open() {
        verification.open();
    }

    /** Hands the marker on to the sweep that follows. The phase thread's. */
    Completeness.Witness witness() {
        return new Completeness.Witness() {
            @Override
            public void markerComes() {
                verification.markerComes();
            }

            @Override
            public void markerPassed(long marker) {
                verification.markerPassed(marker);
            }
        };
    }

    /** Whether an earlier run's sweep does not count any more. */
    boolean mustSweep() {
        return verification.mustSweep();
    }

    /** From where it was. */
    void run() {
        sweeping = true;
        VerificationReport report;
        try {
            report = verification.run();
        } finally {
            sweeping = false;
        }
        context.faultPoints().reach("verify.compared");
        if (direction == Direction.FORWARD) {
            context.view().verified(report.rowsCompared(), report.mismatchCount());
            context.control()
                    .migrations()
                    .saveVerified(
                            context.id(), context.lifecycle().epoch(), report.rowsCompared(), report.mismatchCount());
        }
        LOG.info("verification of {}: {}", plan.source(), report.message());
        if (report.undecidedCount() > 0 || report.repairedCount() > 0) {
            // Undecided: each of them was changed, and so reconciled from the source, all the time: none can have been
            // lost.
            LOG.warn("verification of {}: {}", plan.source(), report.message());
        }
        if (report.mismatchCount() > 0 || !report.complete()) {
            throw failed(report);
        }
    }

    private VerificationFailed failed(VerificationReport report) {
        if (direction == Direction.BACK) {
            return new VerificationFailed("the old table " + plan.shadow() + " is not what the new one makes of it: "
                    + report.message() + ". See shoofly.validation_details and the mismatches topic");
        }
        return new VerificationFailed("verification of " + plan.source() + " against " + plan.shadow() + " failed: "
                + report.message() + ". The source is untouched. See shoofly.validation_details"
                + " and the mismatches topic; 'resume " + plan.id() + "' verifies again, 'cancel " + plan.id()
                + "' drops the shadow.");
    }

    /** While nobody else compares. False: returns when nobody does any more, for whoever goes on reads the same topic. */
    void following(boolean now) {
        following = now;
        if (!now) {
            awaitStep();
        }
    }

    private synchronized void awaitStep() {
        LOG.debug("nobody follows the changes of {} any more", plan.source());
    }

    private void follow() {
        if (!following || failure != null) {
            return;
        }
        try {
            step();
        } catch (CutShort e) {
            LOG.debug("what changed is not compared any more: {}", e.getMessage());
        } catch (ShooflyException e) {
            if (SqlErrors.isTransient(e)) {
                LOG.debug("what changed is not compared this time: {}", e.getMessage());
            } else if (following) {
                failure = e;
            }
        } catch (RuntimeException e) {
            LOG.warn("what changed in {} could not be compared; it is tried again", plan.source(), e);
        }
    }

    private synchronized Verification.Step step() {
        Verification.Step step = verification.follow();
        if (!step.sound()) {
            throw failed(verification.report());
        }
        return step;
    }

    /**
     * Compares what changed since the last time.
     *
     * @return what speaks against the cut-over, for people; empty: everything up to now was compared and is equal
     * @throws VerificationFailed when a row differs for certain
     */
    Optional<String> unverified() {
        if (direction == Direction.BACK) {
            // Who wants the old table back is in a hurry; what was compared until now is equal.
            return Optional.empty();
        }
        Verification.Step step;
        try {
            step = step();
        } catch (ShooflyException e) {
            if (!SqlErrors.isTransient(e)) {
                throw e;
            }
            return Optional.of("what changed could not be compared yet: " + e.getMessage());
        }
        if (!step.complete()) {
            return Optional.of("more rows have changed since they were compared than can be compared at once");
        }
        if (step.open() == 0 || verification.isOpenByItsOwnChange()) {
            hotLooks = 0;
            return Optional.empty();
        }
        hotLooks++;
        if (hotLooks < LOOKS_AT_HOT_ROWS) {
            return Optional.of(step.open() + " rows changed while they were compared; they are compared again");
        }
        LOG.warn(
                "{} rows of {} change at every look (the first: key {}); the cut-over does not wait for them",
                step.open(),
                plan.source(),
                verification.state().open().get(0));
        return Optional.empty();
    }

    /** What somebody's {@code verify} has found, in either direction. */
    Optional<String> knownToDiffer() {
        int rows = Retry.OUTLAST_RESTART.call(
                "looking for rows of " + plan.source() + " that are known to differ",
                () -> context.control().validation().open(plan.id()).size());
        return rows == 0
                ? Optional.empty()
                : Optional.of(rows + " rows are known to differ (see shoofly.validation_details). 'verify " + plan.id()
                        + " --repair' writes them anew, 'verify " + plan.id()
                        + "' looks whether they are equal by now");
    }

    /** Throws what ended the following. */
    void check() {
        ShooflyException found = failure;
        if (found != null) {
            throw found;
        }
    }

    /** Source rows compared so far. */
    long rowsCompared() {
        return verification.rowsCompared();
    }

    @Override
    public void close() {
        following = false;
        follower.close();
        mismatches.close();
    }
}
