package dev.shoofly.cli;

import dev.shoofly.cli.input.Settings;
import dev.shoofly.cli.screen.Screen;
import dev.shoofly.database.control.Command.Verb;
import dev.shoofly.database.control.Migration;
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
        footer = {"  shoofly resume", "  shoofly resume k3mz8q2x --metrics-port 9464"})
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
                screen.say(session.control().request(migration.id(), Verb.RESUME, PauseCommand.ANSWER_LIMIT));
                idle = Optional.empty();
            } else {
                idle = Optional.of(migration);
            }
        }
        return idle.map(migration -> continuation.run(settings, migration)).orElse(ExitCodes.DONE);
    }
}
