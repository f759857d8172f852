package dev.shoofly.cli;

import dev.shoofly.cli.input.RememberedConnection;
import dev.shoofly.cli.input.RunRequest;
import dev.shoofly.cli.input.Settings;
import dev.shoofly.cli.run.ProcessKafka;
import dev.shoofly.cli.screen.Screen;
import dev.shoofly.database.control.Command.Verb;
import dev.shoofly.database.control.Migration;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Ends a migration and drops every trace of it. */
@Command(
        name = "cancel",
        header = "End a migration that is not swapped yet and drop every trace of it.",
        description = {
            "That is the shadow table, topics, Streams groups, replication slot, publication and control rows.",
            "The table itself is never touched."
        },
        footerHeading = "%nExamples:%n",
        footer = {"  shoofly cancel k3mz8q2x", "  shoofly cancel orders"})
final class CancelCommand implements Callable<Integer> {
    private static final Duration ANSWER_LIMIT = Duration.ofMinutes(2);

    private final Invocation invocation;

    @Mixin
    private final ConnectionOptions connection = new ConnectionOptions();

    @Mixin
    private final RunOptions run = new RunOptions();

    @Mixin
    private final OutputOptions output = new OutputOptions();

    @Parameters(index = "0", paramLabel = "ID|TABLE", description = "A migration's id or its table.")
    @SuppressWarnings("NullAway.Init") // picocli requires and sets it
    private String idOrTable;

    CancelCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Integer call() {
        Screen screen = output.screen(invocation);
        output.logs(screen, invocation);
        Settings.Builder typed = new Settings.Builder();
        connection.addTo(typed);
        run.addTo(typed);
        Settings settings = typed.build();
        Settings remembered = new RememberedConnection(ConnectionOptions.dataDirectory(settings)).load();
        RunRequest request = RunRequest.of(settings, remembered);
        try (ServerSession session = ServerSession.open(settings, invocation)) {
            Migration migration = session.control().find(idOrTable);
            if (session.control().isRunning(migration.id())) {
                screen.say(session.control().request(migration.id(), Verb.CANCEL, ANSWER_LIMIT));
            } else {
                session.control()
                        .cancel(migration.id(), new ProcessKafka(request.dataDirectory(), request.bootstrapServers()));
                screen.say("migration " + migration.id() + " of " + migration.source()
                        + " is cancelled; nothing of it is left, and the table is as it was");
            }
            return ExitCodes.DONE;
        }
    }
}
