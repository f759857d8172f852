package dev.shoofly.coordinator;

import dev.shoofly.database.NativeAlter;
import dev.shoofly.database.connection.Retry;
import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.database.control.Command;
import dev.shoofly.database.control.Migration;
import dev.shoofly.database.control.MigrationRows;
import dev.shoofly.model.CutoverMode;
import dev.shoofly.model.CutoverSettings;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.GateReport;
import dev.shoofly.model.MigrationState;
import dev.shoofly.model.NativePlan;
import dev.shoofly.model.NativeStep;
import dev.shoofly.model.ShooflyException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has the server alter the table by itself, step by step. The control row says how many steps are done, so whoever takes
 * over an interrupted one goes on with the next. {@link #phases} runs on the phase thread, commands on theirs.
 */
final class NativeRun {
    private static final Logger LOG = LoggerFactory.getLogger(NativeRun.class);
    /** A long step that ended in vain because it did not get the table at its end. */
    private static final int MOST_LONG_TRIES = 3;

    private static final long BETWEEN_TRIES_MILLIS = 5_000;
    private static final long LOOK_AT_GATES_MILLIS = 1_000;

    private final RunContext context;
    private final Lifecycle lifecycle;
    private final StopRequests stops;
    private final NativeAlter server;
    private final NativePlan plan;
    private final CutoverSettings settings;
    private final GateBoard board;
    private final CountDownLatch approved = new CountDownLatch(1);
    private final Object attempt = new Object();
    private boolean attempting;
    private int attempts;

    NativeRun(RunContext context, StopRequests stops) {
        this.context = context;
        this.lifecycle = context.lifecycle();
        this.stops = stops;
        this.server = context.database().nativeAlter();
        this.plan = Objects.requireNonNull(context.migration().nativePlan());
        this.settings = context.migration().spec().cutover();
        this.board = new GateBoard(context, InstantSource.system());
        if (settings.mode() == CutoverMode.AUTO || context.migration().cutoverApproved()) {
            approved.countDown();
        }
    }

    MigrationOutcome run(Ownership ownership) {
        try (CommandListener commands =
                new CommandListener(context, ownership, command -> Optional.of(perform(command)), stops::fail)) {
            lifecycle.resume();
            commands.start();
            try (Watched watched = new Watched(() -> look(ownership))) {
                return watched.call(this::phases);
            }
        } catch (StopRequests.Stopped e) {
            return e.outcome() == MigrationOutcome.CANCELLED ? cancelled() : e.outcome();
        } catch (ShooflyException e) {
            return failed(e);
        }
    }

    private void look(Ownership ownership) {
        ownership.check();
        synchronized (attempt) {
            // Between request and record nothing may interrupt the phase thread.
            if (!attempting) {
                stops.check();
            }
        }
    }

    private void attempting(boolean now) {
        synchronized (attempt) {
            if (now) {
                stops.check();
            }
            attempting = now;
        }
    }

    private String perform(Command command) {
        return switch (command.verb()) {
            case PAUSE, PAUSE_WITH_CAPTURE ->
                "refused: the server alters the table by itself, which cannot be paused; 'cancel' takes it back";
            case RESUME -> "nothing to resume: it is not paused";
            case CUTOVER -> {
                String answer = "approved" + command.heardGates();
                try {
                    context.control().migrations().approveCutover(command, lifecycle.epoch(), answer);
                    context.faultPoints().reach(CommandListener.TAKEN);
                } finally {
                    // Also when the answer was lost with the connection: the word may be in the row.
                    board.expectForced();
                }
                approved.countDown();
                yield answer;
            }
            case ROLLBACK, COMPLETE ->
                "refused: the server alters the table by itself, so there is no old table to go back to";
            case CANCEL -> {
                context.control().migrations().requireOwned(context.id(), lifecycle.epoch());
                stops.cancel();
                yield Command.CANCELLING;
            }
        };
    }

    private MigrationOutcome phases() throws InterruptedException {
        if (lifecycle.workState() == MigrationState.CREATED) {
            lifecycle.advance(MigrationState.PLANNING);
        }
        if (lifecycle.workState() == MigrationState.PLANNING) {
            lifecycle.advance(MigrationState.PREPARING);
        }
        List<NativeStep> steps = plan.steps();
        for (int done = stepsDone(); done < steps.size(); done = stepsDone()) {
            NativeStep step = steps.get(done);
            if (step.visible() && !awaitApproval()) {
                return MigrationOutcome.READY_DETACHED;
            }
            awaitOperator(step);
            context.view().activity(step.what() + " (step " + (done + 1) + " of " + steps.size() + ")");
            context.control().migrations().saveBegun(context.id(), lifecycle.epoch(), done + 1);
            carryOut(step, done + 1);
        }
        if (lifecycle.workState() == MigrationState.PREPARING) {
            lifecycle.advance(MigrationState.READY);
        }
        lifecycle.advance(MigrationState.COMPLETED);
        return MigrationOutcome.COMPLETED;
    }

    private int stepsDone() {
        return Retry.OUTLAST_RESTART.call(
                "reading how far migration " + context.id() + " came", () -> row().stepsDone());
    }

    /** Whoever asks is about to act on it: a former owner must not, however alive it is. */
    private Migration row() {
        return context.owned()
                .orElseThrow(() -> new ShooflyException(
                        ErrorKind.SUPERSEDED,
                        "migration " + context.id() + " has another owner now, or was cancelled; this process stops"));
    }

    /** @return false when the process may go and leave the word to somebody's {@code cutover} */
    private boolean awaitApproval() throws InterruptedException {
        if (approved.getCount() == 0) {
            return true;
        }
        if (lifecycle.workState() == MigrationState.PREPARING) {
            lifecycle.advance(MigrationState.READY);
        }
        context.view().activity("ready; waiting for 'cutover " + context.id() + "'");
        board.showWaitingForApproval();
        boolean detach = context.settings().detachWhenReady();
        while (!approved.await(detach ? 0 : LOOK_AT_GATES_MILLIS, TimeUnit.MILLISECONDS)) {
            // It may be in the row although this process lost its connection before it knew.
            if (isApprovedInRow()) {
                approved.countDown();
            } else if (detach) {
                return false;
            }
        }
        return true;
    }

    private boolean isApprovedInRow() {
        return Retry.OUTLAST_RESTART.call(
                "reading the word for the cut-over of " + context.id(), () -> row().cutoverApproved());
    }

    /** Before anything that the application could notice is begun. */
    private void awaitOperator(NativeStep step) throws InterruptedException {
        if (!step.visible()) {
            return;
        }
        Retry.OUTLAST_RESTART.call("reading which gates are skipped", () -> {
            board.hearForced();
            return true;
        });
        while (true) {
            List<GateReport> found = board.operators();
            board.show(found);
            String reasons = found.stream()
                    .filter(GateReport::blocks)
                    .map(GateReport::reason)
                    .collect(Collectors.joining("; "));
            if (reasons.isEmpty()) {
                return;
            }
            context.view().activity("waits for: " + reasons);
            Thread.sleep(LOOK_AT_GATES_MILLIS);
        }
    }

    private void carryOut(NativeStep step, int number) throws InterruptedException {
        switch (step.kind()) {
            case BRIEF -> brief(step, number);
            case LONG -> lengthy(step, number);
        }
    }

    private void brief(NativeStep step, int number) throws InterruptedException {
        Backoff backoff = new Backoff();
        for (int left = settings.retries(); left > 0; left--) {
            awaitOperator(step);
            Optional<String> inTheWay = attempt(step, number);
            if (inTheWay.isEmpty()) {
                return;
            }
            long next = backoff.nextMillis();
            context.view()
                    .activity(context.source() + " was not to be had for a moment: " + inTheWay.get()
                            + ". Next attempt in " + next + " ms");
            Thread.sleep(next);
        }
        throw new ShooflyException(
                ErrorKind.TRANSIENT,
                "cannot " + step.what() + ": in " + settings.retries() + " attempts " + context.source()
                        + " was never free for a moment. Run 'resume " + context.id()
                        + "' when it is quieter, perhaps with a longer --lock-timeout.");
    }

    private Optional<String> attempt(NativeStep step, int number) {
        attempting(true);
        try {
            context.view().cutover(++attempts, -1);
            return server.attempt(context.source(), step, settings.lockTimeout(), recorder(number));
        } catch (ShooflyException e) {
            if (e.kind() != ErrorKind.AMBIGUOUS && e.kind() != ErrorKind.TRANSIENT) {
                throw e;
            }
            LOG.warn("{}; looking at the server", e.getMessage());
            return stepsDone() >= number ? Optional.empty() : Optional.of(String.valueOf(e.getMessage()));
        } finally {
            attempting(false);
        }
    }

    private NativeAlter.Recorder recorder(int number) {
        return new NativeAlter.Recorder() {
            @Override
            public boolean isRecorded(Connection connection) throws SQLException {
                return MigrationRows.stepsDone(connection, context.id(), lifecycle.epoch()) >= number;
            }

            @Override
            public void record(Connection connection) throws SQLException {
                MigrationRows.saveStep(connection, context.id(), lifecycle.epoch(), number);
            }
        };
    }

    private void lengthy(NativeStep step, int number) throws InterruptedException {
        for (int left = MOST_LONG_TRIES; ; left--) {
            awaitOperator(step);
            try {
                // Given up only by an interrupt, which throws.
                server.run(context.source(), step, settings.lockTimeout(), recorder(number), () -> true);
                context.control().migrations().saveStep(context.id(), lifecycle.epoch(), number);
                return;
            } catch (ShooflyException e) {
                boolean again = e.kind() == ErrorKind.AMBIGUOUS || e.kind() == ErrorKind.TRANSIENT;
                if (!again || left == 1) {
                    throw e;
                }
                LOG.warn("{} It is tried again.", e.getMessage());
                Thread.sleep(BETWEEN_TRIES_MILLIS);
                stepsDone();
            }
        }
    }

    private MigrationOutcome cancelled() {
        if (isDone()) {
            MigrationRunner.refuseCancels(context);
            LOG.warn(
                    "the cancel came too late: {} is altered; the same command finishes the migration",
                    context.source());
            return MigrationOutcome.INTERRUPTED;
        }
        context.control().migrations().requireOwned(context.id(), lifecycle.epoch());
        forget();
        return MigrationOutcome.CANCELLED;
    }

    private boolean isDone() {
        return Retry.OUTLAST_RESTART.call(
                "looking whether " + context.source() + " is altered", () -> isDone(server, row()));
    }

    /** Whether the last step of a migration's native plan is done, recorded or not. */
    static boolean isDone(NativeAlter server, Migration migration) {
        List<NativeStep> steps = Objects.requireNonNull(migration.nativePlan()).steps();
        return migration.stepsDone() == steps.size()
                || migration.stepsBegun() == steps.size()
                        && server.isDone(migration.source(), steps.get(steps.size() - 1));
    }

    /** What was begun of a migration's native plan. */
    static void takeBack(NativeAlter server, Migration migration) {
        List<NativeStep> steps = Objects.requireNonNull(migration.nativePlan()).steps();
        int done = migration.stepsDone();
        boolean begun = migration.stepsBegun() > done && done < steps.size();
        server.undo(
                migration.source(), steps.subList(0, done), begun ? Optional.of(steps.get(done)) : Optional.empty());
    }

    private void forget() {
        Retry.OUTLAST_RESTART.call("taking back what was begun", () -> {
            takeBack(server, row());
            context.control().migrations().forget(context.id(), lifecycle.epoch());
            return true;
        });
    }

    /** What cannot be had leaves nothing behind; what failed for want of quiet can be resumed. */
    private MigrationOutcome failed(ShooflyException error) {
        if (error.kind() == ErrorKind.SUPERSEDED) {
            throw error;
        }
        if (error.kind() == ErrorKind.REFUSED || error.kind() == ErrorKind.DATA) {
            try {
                if (isDone()) {
                    // Something failed afterwards: nothing of it must be taken back.
                    recordFailure(context.source() + " is altered, but: " + error.getMessage());
                    return MigrationOutcome.FAILED;
                }
                forget();
            } catch (ShooflyException e) {
                recordFailure(error.getMessage() + " What was begun could not be taken back: " + e.getMessage());
                return MigrationOutcome.FAILED;
            }
            throw error;
        }
        LOG.error("migration {} stopped: {}", context.id(), error.getMessage(), error);
        recordFailure(String.valueOf(error.getMessage()));
        return MigrationOutcome.FAILED;
    }

    private void recordFailure(String why) {
        context.view().failed(why);
        try {
            lifecycle.fail(why);
        } catch (ShooflyException e) {
            LOG.warn("the failure could not be recorded{}: {}", SqlErrors.isTransient(e) ? " yet" : "", e.getMessage());
        }
    }
}
