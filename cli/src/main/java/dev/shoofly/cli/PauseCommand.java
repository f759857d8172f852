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
import picocli.CommandLine.Option;

/** Asks the running process to pause. */
@Command(
        name = "pause",
        header = "Pause a running migration.",
        description = {
            "Its process stays, asks the server for nothing but commands (one statement every two seconds), and keeps its",
            "place in the log. 'shoofly resume' lets it go on, after days too."
        },
        footerHeading = "%nExamples:%n",
        footer = {"  shoofly pause", "  shoofly pause orders", "  shoofly pause --stop-capture orders"})
final class PauseCommand implements Callable<Integer> {
    /** A chunk in flight is finished first, appliers elsewhere come to a stand, and the capture may end. */
    static final Duration ANSWER_LIMIT = Duration.ofSeconds(90);

    private final Invocation invocation;

    @Mixin
    private final ConnectionOptions connection = new ConnectionOptions();

    @Mixin
    private final OutputOptions output = new OutputOptions();

    @Mixin
    private final MigrationChoice choice = new MigrationChoice();

    @Option(
            names = "--stop-capture",
            description = {
                "Let the server's log alone too. The server must keep it until 'shoofly resume': the answer says how long it does."
            })
    private boolean stopCapture;

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
            Verb verb = stopCapture ? Verb.PAUSE_WITH_CAPTURE : Verb.PAUSE;
            screen.say(session.control().request(migration.id(), verb, ANSWER_LIMIT));
            return ExitCodes.DONE;
        }
    }
}
