package dev.shoofly.cli;

import dev.shoofly.cli.input.Settings;
import dev.shoofly.cli.screen.Screen;
import dev.shoofly.database.control.Command.Verb;
import dev.shoofly.database.control.Migration;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.ShooflyException;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Gives the word for a manual cut-over. */
@Command(
        name = "cutover",
        header = "Let a migration started with --cutover manual swap the tables.",
        description = {
            "A running process is told, and this command ends; a detached migration is continued in this process,",
            "to its end."
        },
        footerHeading = "%nExamples:%n",
        footer = {"  shoofly cutover", "  shoofly cutover orders"})
final class CutoverCommand implements Callable<Integer> {
    private final Invocation invocation;

    @Mixin
    private final ConnectionOptions connection = new ConnectionOptions();

    @Mixin
    private final RunOptions run = new RunOptions();

    @Mixin
    private final OutputOptions output = new OutputOptions();

    @Mixin
    private final MigrationChoice choice = new MigrationChoice();

    CutoverCommand(Invocation invocation) {
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
                screen.say(session.control().request(migration.id(), Verb.CUTOVER, PauseCommand.ANSWER_LIMIT));
                idle = Optional.empty();
            } else if (migration.state().isFinal()) {
                throw new ShooflyException(
                        ErrorKind.REFUSED,
                        "migration " + migration.id() + " of " + migration.source() + " is " + migration.state()
                                + ": there is nothing to cut over. Nothing was changed.");
            } else {
                session.control().approveCutover(migration.id());
                idle = Optional.of(migration);
            }
        }
        return idle.map(migration -> continuation.run(settings, migration)).orElse(ExitCodes.DONE);
    }
}
