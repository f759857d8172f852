package dev.shoofly.cli;

import dev.shoofly.cli.input.RollbackRequest;
import dev.shoofly.cli.input.Settings;
import dev.shoofly.cli.screen.Screen;
import dev.shoofly.coordinator.MigrationControl;
import dev.shoofly.coordinator.MigrationOutcome;
import dev.shoofly.database.control.Command.Verb;
import dev.shoofly.database.control.Migration;
import dev.shoofly.database.control.Rollback;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationState;
import dev.shoofly.model.RollbackFeasibility;
import dev.shoofly.model.ShooflyException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Brings the old table back. */
@Command(
        name = "rollback",
        header = "Bring the old table back after the swap, with everything that was written since.",
        description = {
            "As long as the rollback window is open (--rollback-window). A running process is told, and this command waits",
            "until it is done; a migration that no process runs is continued in this process. Before the swap use 'cancel'.",
            "The migration ends with it, unless --keep is given: then the new table is kept up to date from the old one, and",
            "'cutover' swaps it in again without another copy, or 'cancel' drops it.",
            "While rows of the new table do not fit the old one it is refused, with their columns and keys, and the window",
            "stays open: change or delete them, see 'status', and ask again."
        },
        footerHeading = "%nExamples:%n",
        footer = {"  shoofly rollback", "  shoofly rollback orders", "  shoofly rollback orders --keep 24h"})
final class RollbackCommand implements Callable<Integer>, TellOrContinue.Steps {
    private static final Duration DONE_WITHIN = Duration.ofMinutes(10);

    private final Invocation invocation;

    @Mixin
    private final TellOrContinue migration = new TellOrContinue();

    @Option(
            names = "--keep",
            paramLabel = "TIME",
            description = {
                "Be able to go forward again for so long (500ms, 30m, 24h). The process stays; without 'cutover' in that"
                        + " time the migration ends rolled back."
            })
    private @Nullable String keep;

    RollbackCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Integer call() {
        // Before anything is asked for.
        keptFor();
        int exit = migration.perform(invocation, this).orElse(MigrationOutcome.ROLLED_BACK.exitCode());
        if (keep != null && exit == ExitCodes.DONE) {
            // Back, and forward again by somebody's word.
            return exit;
        }
        // Rolled back is what was asked for here, and completed is not.
        if (exit == MigrationOutcome.ROLLED_BACK.exitCode()) {
            return ExitCodes.DONE;
        }
        return exit == ExitCodes.DONE ? ExitCodes.FAILED : exit;
    }

    @Override
    public void tell(MigrationControl control, Migration running, Settings settings, Screen screen) {
        requireSwapped(running);
        control.keepAfterRollback(running.id(), keptFor());
        screen.say(control.request(running.id(), Verb.ROLLBACK, PauseCommand.ANSWER_LIMIT));
        Migration end = control.awaitEnd(
                running.id(), DONE_WITHIN, words -> screen.say(invocation.mask().apply(words)));
        requireRolledBack(end);
        screen.say(
                "the old table of " + running.source() + " is back, with everything that was written since the swap");
        if (MigrationControl.isForwardAgain(end)) {
            screen.say("the new one is kept up to date from it until "
                    + end.rollback().forwardUntil() + ": 'shoofly cutover " + end.id()
                    + "' swaps it in again, 'shoofly cancel " + end.id() + "' drops it");
        } else if (keep != null) {
            screen.warn("it cannot go forward again: see the log of the process, or shoofly.migration_log");
        }
    }

    private Optional<Duration> keptFor() {
        return keep == null ? Optional.empty() : Optional.of(RollbackRequest.keep(keep));
    }

    @Override
    public void prepare(MigrationControl control, Migration idle) {
        requireSwapped(idle);
        requireWayBack(idle);
        control.keepAfterRollback(idle.id(), keptFor());
        control.requestRollback(idle.id());
    }

    static void requireSwapped(Migration migration) {
        if (migration.state().isFinal()) {
            throw new ShooflyException(
                    ErrorKind.REFUSED,
                    "migration " + migration.id() + " of " + migration.source() + " is " + migration.state()
                            + ": its old table is not kept up to date (any more). Nothing was changed.");
        }
        boolean swapped =
                migration.state() == MigrationState.CUTOVER || migration.resumeState() == MigrationState.CUTOVER;
        if (!swapped) {
            throw new ShooflyException(
                    ErrorKind.REFUSED,
                    "migration " + migration.id() + " of " + migration.source() + " is not swapped yet: 'cancel "
                            + migration.id() + "' ends it. Nothing was changed.");
        }
    }

    private static void requireWayBack(Migration migration) {
        Rollback known = migration.rollback();
        boolean none = known.isClosed()
                || known.feasibility() == null
                || known.feasibility().verdict() == RollbackFeasibility.Verdict.IMPOSSIBLE;
        if (none) {
            throw new ShooflyException(
                    ErrorKind.REFUSED,
                    "migration " + migration.id() + " of " + migration.source() + " has no way back"
                            + (known.feasibility() == null
                                    ? " (--rollback-window 0s)"
                                    : ": "
                                            + String.join(
                                                    "; ", known.feasibility().reasons()))
                            + ". Nothing was changed. 'complete " + migration.id() + "' ends it.");
        }
    }

    private static void requireRolledBack(Migration end) {
        if (end.state() == MigrationState.ROLLED_BACK || MigrationControl.isForwardAgain(end)) {
            return;
        }
        throw new ShooflyException(
                ErrorKind.REFUSED,
                "migration " + end.id() + " of " + end.source() + " was not rolled back: it is " + end.state()
                        + Optional.ofNullable(end.rollback().feasibility())
                                .map(found -> " (rollback " + found.verdict() + ": "
                                        + String.join("; ", found.reasons()) + ")")
                                .orElse("")
                        + Optional.ofNullable(end.reason())
                                .map(why -> ". " + why)
                                .orElse(""));
    }
}
