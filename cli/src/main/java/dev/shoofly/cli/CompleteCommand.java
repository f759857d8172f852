package dev.shoofly.cli;

import dev.shoofly.cli.input.Settings;
import dev.shoofly.cli.screen.Screen;
import dev.shoofly.coordinator.MigrationControl;
import dev.shoofly.database.control.Command.Verb;
import dev.shoofly.database.control.Migration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Closes the rollback window before its time. */
@Command(
        name = "complete",
        header = "Close the rollback window now: the migration ends, and the old table is left as it is.",
        description = {
            "The old table stays under its name until you drop it. A migration that no process runs is ended in this process."
        },
        footerHeading = "%nExamples:%n",
        footer = {"  shoofly complete", "  shoofly complete orders"})
final class CompleteCommand implements Callable<Integer>, TellOrContinue.Steps {
    private final Invocation invocation;

    @Mixin
    private final TellOrContinue migration = new TellOrContinue();

    CompleteCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Integer call() {
        return migration.perform(invocation, this).orElse(ExitCodes.DONE);
    }

    @Override
    public void tell(MigrationControl control, Migration running, Settings settings, Screen screen) {
        screen.say(control.request(running.id(), Verb.COMPLETE, PauseCommand.ANSWER_LIMIT));
    }

    @Override
    public void prepare(MigrationControl control, Migration idle) {
        RollbackCommand.requireSwapped(idle);
        control.closeWindow(idle.id());
    }
}
