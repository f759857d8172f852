package dev.shoofly.cli;

import dev.shoofly.cli.input.DiskRequest;
import dev.shoofly.cli.input.Settings;
import dev.shoofly.cli.screen.Screen;
import dev.shoofly.coordinator.MigrationControl;
import dev.shoofly.database.control.Command.Verb;
import dev.shoofly.database.control.Migration;
import dev.shoofly.model.DiskSettings;
import dev.shoofly.model.MigrationState;
import java.util.Optional;
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
final class ResumeCommand implements Callable<Integer> {
    private final Invocation invocation;

    @Mixin
    private final ConnectionOptions connection = new ConnectionOptions();

    @Mixin
    private final RunOptions run = new RunOptions();

    @Mixin
    private final OutputOptions output = new OutputOptions();

    @Mixin
    private final MigrationChoice choice = new MigrationChoice();

    ResumeCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Integer call() {
        Screen screen = output.screen(invocation);
        Continuation continuation = new Continuation(invocation, screen, output.logs(screen, invocation));
        Settings settings = continuation.settings(connection, run);
        Optional<Migration> idle;
        try (ServerSession session = ServerSession.open(settings, invocation)) {
            Migration migration = session.choose(choice.idOrTable());
            if (session.control().isRunning(migration.id())) {
                screen.say(resume(session.control(), migration, DiskRequest.of(settings)));
                idle = Optional.empty();
            } else {
                idle = Optional.of(migration);
            }
        }
        return idle.map(migration -> continuation.run(settings, migration)).orElse(ExitCodes.DONE);
    }

    private static String resume(MigrationControl control, Migration migration, DiskSettings.Change disk) {
        control.changeDisk(migration.id(), disk);
        if (!disk.isNone() && migration.state() != MigrationState.PAUSED) {
            return "the disk settings are changed; the running migration goes by them within seconds";
        }
        return control.request(migration.id(), Verb.RESUME, PauseCommand.ANSWER_LIMIT);
    }
}
