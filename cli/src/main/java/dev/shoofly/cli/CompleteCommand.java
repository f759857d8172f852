package dev.shoofly.cli;

import dev.shoofly.cli.input.Settings;
import dev.shoofly.cli.screen.Screen;
import dev.shoofly.database.control.Command.Verb;
import dev.shoofly.database.control.Migration;
import java.util.Optional;
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
final class CompleteCommand implements Callable<Integer> {
    private final Invocation invocation;

    @Mixin
    private final ConnectionOptions connection = new ConnectionOptions();

    @Mixin
    private final RunOptions run = new RunOptions();

    @Mixin
    private final OutputOptions output = new OutputOptions();

    @Mixin
    private final MigrationChoice choice = new MigrationChoice();

    CompleteCommand(Invocation invocation) {
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
                screen.say(session.control().request(migration.id(), Verb.COMPLETE, PauseCommand.ANSWER_LIMIT));
                idle = Optional.empty();
            } else {
                RollbackCommand.requireSwapped(migration);
                session.control().closeWindow(migration.id());
                idle = Optional.of(migration);
            }
        }
        return idle.map(migration -> continuation.run(settings, migration)).orElse(ExitCodes.DONE);
    }
}
