package dev.shoofly.cli;

import dev.shoofly.cli.input.DiskRequest;
import dev.shoofly.cli.input.MigrateRequest;
import dev.shoofly.cli.input.RememberedConnection;
import dev.shoofly.cli.input.Settings;
import dev.shoofly.coordinator.Explainer;
import dev.shoofly.coordinator.Explanation;
import dev.shoofly.model.DiskSettings;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Says what {@code migrate} with the same options would do. */
@Command(
        name = "explain",
        header = "Say what a migration would do, and why, without doing it.",
        description = {
            "The server is asked on an empty copy of the table, which is gone afterwards; the table itself is only read.",
            "Ends with 1 when something must be cured first."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  shoofly explain --url jdbc:mysql://127.0.0.1/shop --user root --password-env PW \\",
            "      --table orders --alter \"MODIFY amount BIGINT NOT NULL\"",
            "  shoofly explain --table orders --alter \"ADD COLUMN note text\" --json"
        })
final class ExplainCommand implements Callable<Integer> {
    private final Invocation invocation;

    @Mixin
    private final ConnectionOptions connection = new ConnectionOptions();

    @Mixin
    private final AlterationOptions alteration = new AlterationOptions();

    @Mixin
    private final OutputOptions output = new OutputOptions();

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    ExplainCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Integer call() {
        output.logs(output.screen(invocation), invocation);
        Settings.Builder typed = new Settings.Builder();
        connection.addTo(typed);
        alteration.addTo(typed);
        return explain(alteration.orFile(typed.build()), json, invocation);
    }

    static int explain(Settings settings, boolean json, Invocation invocation) {
        Settings remembered = new RememberedConnection(ConnectionOptions.dataDirectory(settings)).load();
        MigrateRequest request = MigrateRequest.of(settings, remembered);
        DiskSettings disk = DiskRequest.of(settings).of(DiskSettings.DEFAULT);
        try (ServerSession session = ServerSession.open(settings, invocation)) {
            Explainer explainer = session.explainer(disk);
            if (request.split()) {
                return explainParts(explainer.explainParts(request.spec()), json, invocation);
            }
            Explanation explanation = explainer.explain(request.spec());
            String text = json ? MigrationView.json(explanation) : ExplanationText.of(explanation);
            invocation.out().println(invocation.mask().apply(text));
            return explanation.obstacles().isEmpty() ? ExitCodes.DONE : ExitCodes.FAILED;
        }
    }

    private static int explainParts(List<Explanation> parts, boolean json, Invocation invocation) {
        String text = json ? MigrationView.json(new Parts(parts)) : ExplanationText.of(parts);
        invocation.out().println(invocation.mask().apply(text));
        return parts.stream().allMatch(part -> part.obstacles().isEmpty()) ? ExitCodes.DONE : ExitCodes.FAILED;
    }

    /** What {@code --split --json} prints. */
    private record Parts(List<Explanation> parts) {}
}
