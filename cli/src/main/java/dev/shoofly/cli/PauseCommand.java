package dev.shoofly.cli;

import dev.shoofly.cli.screen.Screen;
import dev.shoofly.database.control.Command.Verb;
import dev.shoofly.database.control.Migration;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.ShooflyException;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Asks the running process to pause. */
@Command(
        name = "pause",
        header = "Pause a running migration.",
        description = {
            "Its process stays, copies and applies nothing, and keeps its place in the log. 'shoofly resume' lets it go on."
        },
        footerHeading = "%nExamples:%n",
        footer = {"  shoofly pause", "  shoofly pause orders"})
final class PauseCommand implements Callable<Integer> {
    /** A chunk in flight is finished first. */
    static final Duration ANSWER_LIMIT = Duration.ofSeconds(60);

    private final Invocation invocation;

    @Mixin
    private final ConnectionOptions connection = new ConnectionOptions();

    @Mixin
    private final OutputOptions output = new OutputOptions();

    @Mixin
    private final MigrationChoice choice = new MigrationChoice();

    PauseCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Integer call() {
        Screen screen = output.screen(invocation);
        output.logs(screen, invocation);
        try (ServerSession session = ServerSession.open(connection.settings(), invocation)) {
            Migration migration = session.choose(choice.idOrTable());
            if (!session.control().isRunning(migration.id())) {
                throw new ShooflyException(
                        ErrorKind.REFUSED,
                        "migration " + migration.id() + " of " + migration.source() + " is " + migration.state()
                                + " and no process runs it: there is nothing to pause. Nothing was changed.");
            }
            screen.say(session.control().request(migration.id(), Verb.PAUSE, ANSWER_LIMIT));
            return ExitCodes.DONE;
        }
    }
}
