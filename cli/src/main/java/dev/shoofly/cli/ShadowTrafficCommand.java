package dev.shoofly.cli;

import dev.shoofly.cli.input.TrafficRequest;
import dev.shoofly.cli.screen.Screen;
import dev.shoofly.coordinator.MigrationOutcome;
import dev.shoofly.coordinator.check.Traffic;
import dev.shoofly.coordinator.check.TrafficReport;
import dev.shoofly.coordinator.check.TrafficReport.Verdict;
import dev.shoofly.database.control.Migration;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Asks both tables of a migration what applications ask. */
@Command(
        name = "shadow-traffic",
        header = "Ask both tables of a migration what applications ask, and compare answers, times and plans.",
        description = {
            "At any time between the copy and the cut-over, beside the process that runs the migration. Only reads: whatever may do",
            "more is refused, and what is run runs in a READ ONLY transaction. An answer that differs because rows are on their way",
            "is no difference. Ends with 0 when all answers are the same, with 3 when some differ, with 1 when the new table",
            "failed to answer or nothing could be compared."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  shoofly shadow-traffic --from reads.sql",
            "  shoofly shadow-traffic orders --from reads.sql --rate 50 --for 5m --json",
            "  shoofly shadow-traffic k3mz8q2x --from digests"
        })
final class ShadowTrafficCommand implements Callable<Integer> {
    private static final Duration STANDSTILL_AFTER = Duration.ofSeconds(20);

    private final Invocation invocation;

    @Mixin
    private final ConnectionOptions connection = new ConnectionOptions();

    @Mixin
    private final OutputOptions output = new OutputOptions();

    @Mixin
    private final MigrationChoice choice = new MigrationChoice();

    @Option(
            names = "--from",
            required = true,
            paramLabel = "FILE|digests",
            description = {
                "SELECTs with their values, between semicolons or one in each line; or 'digests': what the server keeps of"
                        + " applications' statements (MySQL: performance_schema; PostgreSQL: pg_stat_statements, with values"
                        + " from the table's rows)."
            })
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private String from;

    @Option(
            names = "--most",
            paramLabel = "N",
            defaultValue = "100",
            description = "Most of the statements that the server keeps, the most frequent first. Default: 100")
    private int most;

    @Option(
            names = "--rate",
            paramLabel = "N",
            defaultValue = "5",
            description = "Statements a second, each asked of both tables. Default: 5")
    @SuppressWarnings("NullAway.Init")
    private String rate;

    @Option(
            names = "--for",
            paramLabel = "DURATION",
            defaultValue = "60s",
            description = "How long; the statements are gone through again and again. Default: 60s")
    @SuppressWarnings("NullAway.Init")
    private String lasting;

    @Option(
            names = "--statement-timeout",
            paramLabel = "DURATION",
            defaultValue = "10s",
            description = "The server ends a statement after this. Default: 10s")
    @SuppressWarnings("NullAway.Init")
    private String timeout;

    @Option(
            names = "--show-statements",
            description =
                    "Print statements with their values, which are data of the application, not their digests alone.")
    private boolean showStatements;

    @Option(
            names = "--bootstrap-servers",
            paramLabel = "HOST:PORT,…",
            description = "Where the migration's Kafka cluster is now, if not where it was when it began.")
    private @Nullable String bootstrapServers;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    ShadowTrafficCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Integer call() throws InterruptedException {
        Screen screen = output.screen(invocation);
        output.logs(screen, invocation);
        Traffic traffic = TrafficRequest.parse(from, most, rate, lasting, timeout);
        try (ServerSession session = ServerSession.open(connection.settings(), invocation)) {
            Migration migration = session.choose(choice.idOrTable());
            TrafficReport report = session.traffic(connection.settings(), bootstrapServers, STANDSTILL_AFTER)
                    .run(migration, traffic, SoFar.of(screen, "statements replayed"));
            ShadowTrafficView view = ShadowTrafficView.of(report, showStatements);
            invocation
                    .out()
                    .println(invocation.mask().apply(json ? MigrationView.json(view) : ShadowTrafficText.of(view)));
            return exitCode(report);
        }
    }

    private static int exitCode(TrafficReport report) {
        if (report.count(Verdict.DIFFERS) > 0) {
            return MigrationOutcome.VERIFICATION_FAILED.exitCode();
        }
        boolean compared = report.consistencyPercent().isPresent();
        return compared && report.count(Verdict.FAILED_ON_SHADOW) == 0 ? ExitCodes.DONE : ExitCodes.FAILED;
    }
}
