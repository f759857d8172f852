package dev.shoofly.cli;

import dev.shoofly.cli.input.DiskRequest;
import dev.shoofly.cli.input.Settings;
import dev.shoofly.cli.screen.Screen;
import dev.shoofly.coordinator.MigrationControl;
import dev.shoofly.database.control.Command.Verb;
import dev.shoofly.database.control.Migration;
import dev.shoofly.model.DiskSettings;
import dev.shoofly.model.MigrationState;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Lets a paused process go on, or continues a migration that no process runs. */
@Command(
        name = "resume",
        header = "Continue a paused or interrupted migration.",
        description = {
            "A paused process is told to go on, and this command ends; a migration that no process runs any more is",
            "continued in this process, to its end."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  shoofly resume",
            "  shoofly resume k3mz8q2x --metrics-port 9464",
            "  shoofly resume orders --disk-reserve 500MB"
        })
final class ResumeCommand implements Callable<Integer>, TellOrContinue.Steps {
    private final Invocation invocation;

    @Mixin
    private final TellOrContinue migration = new TellOrContinue();

    ResumeCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Integer call() {
        return migration.perform(invocation, this).orElse(ExitCodes.DONE);
    }

    @Override
    public void tell(MigrationControl control, Migration running, Settings settings, Screen screen) {
        screen.say(resume(control, running, DiskRequest.of(settings)));
    }

    @Override
    public void prepare(MigrationControl control, Migration idle) {
        // It only goes on.
    }

    private static String resume(MigrationControl control, Migration migration, DiskSettings.Change disk) {
        control.changeDisk(migration.id(), disk);
        if (!disk.isNone() && migration.state() != MigrationState.PAUSED) {
            return "the disk settings are changed; the running migration goes by them within seconds";
        }
        return control.request(migration.id(), Verb.RESUME, PauseCommand.ANSWER_LIMIT);
    }
}
