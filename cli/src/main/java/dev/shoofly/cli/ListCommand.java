package dev.shoofly.cli;

import dev.shoofly.database.control.Migration;
import dev.shoofly.database.control.Misfits;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Shows every migration that the server remembers, newest first. */
@Command(
        name = "list",
        header = "List the migrations on a server, newest first.",
        footerHeading = "%nExamples:%n",
        footer = {
            "  shoofly list",
            "  shoofly list --json --url jdbc:postgresql://127.0.0.1/shop --user admin --password-env PW"
        })
final class ListCommand implements Callable<Integer> {
    private static final String FORMAT = "%-10s %-32s %-14s %7s  %s%n";

    private final Invocation invocation;

    @Mixin
    private final ConnectionOptions connection = new ConnectionOptions();

    @Mixin
    private final OutputOptions output = new OutputOptions();

    @Option(names = "--json", description = "Print a JSON array; empty when there is none.")
    private boolean json;

    ListCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Integer call() {
        output.logs(output.screen(invocation), invocation);
        try (ServerSession session = ServerSession.open(connection.settings(), invocation)) {
            List<MigrationView> views = session.control().list().stream()
                    .map(migration -> view(migration, session.misfits(migration)))
                    .toList();
            if (json) {
                invocation.out().println(invocation.mask().apply(MigrationView.json(views)));
            } else if (views.isEmpty()) {
                output.screen(invocation).say("no migrations");
            } else {
                invocation.out().printf(FORMAT, "ID", "TABLE", "STATE", "COPIED", "CREATED");
                views.forEach(this::print);
            }
            return ExitCodes.DONE;
        }
    }

    private static MigrationView view(Migration migration, Misfits misfits) {
        return MigrationView.of(migration, misfits, null, null, null, null, null, null);
    }

    private void print(MigrationView view) {
        String percent = String.format(Locale.ROOT, "%.1f %%", view.progress().percent());
        invocation.out().printf(FORMAT, view.id(), view.table(), view.state(), percent, view.createdAt());
    }
}
