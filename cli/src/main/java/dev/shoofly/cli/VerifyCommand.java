package dev.shoofly.cli;

import dev.shoofly.cli.input.KeyList;
import dev.shoofly.cli.input.Share;
import dev.shoofly.cli.screen.Screen;
import dev.shoofly.coordinator.MigrationOutcome;
import dev.shoofly.coordinator.check.Findings;
import dev.shoofly.coordinator.check.OnDemandVerification;
import dev.shoofly.coordinator.check.Selection;
import dev.shoofly.database.control.Migration;
import dev.shoofly.model.RepairMode;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Compares both tables of a migration now, and tells whether it could be swapped. */
@Command(
        name = "verify",
        header = "Compare both tables of a migration now, and tell whether they could be swapped.",
        description = {
            "At any time between the copy and the end of the rollback window, beside the process that runs the migration. A",
            "row that the application is writing is no mismatch: each that differs is looked at again behind a marker in the",
            "log. Ends with 0 when it is READY, with 3 when rows differ, with 1 when something else is in the way."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  shoofly verify",
            "  shoofly verify orders --sample 1%% --json",
            "  shoofly verify orders --keys 4711,4712",
            "  shoofly verify k3mz8q2x --keys \"(7,'a'),(7,'b')\" --repair"
        })
final class VerifyCommand implements Callable<Integer> {
    private static final Duration STANDSTILL_AFTER = Duration.ofSeconds(20);

    private final Invocation invocation;

    @Mixin
    private final ConnectionOptions connection = new ConnectionOptions();

    @Mixin
    private final OutputOptions output = new OutputOptions();

    @Mixin
    private final MigrationChoice choice = new MigrationChoice();

    @ArgGroup
    private @Nullable Extent extent;

    @Option(
            names = "--repair",
            description = {
                "Have rows that certainly differ written anew from the original, as the migration's own verification does, up to"
                        + " its --repair-limit."
            })
    private boolean repair;

    @Option(
            names = "--bootstrap-servers",
            paramLabel = "HOST:PORT,…",
            description = "Where the migration's Kafka cluster is now, if not where it was when it began.")
    private @Nullable String bootstrapServers;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    /** Which rows: one of these. */
    private static final class Extent {
        @Option(names = "--full", description = "Compare every row. The default.")
        @SuppressWarnings("UnusedVariable") // picocli sets it; without the others it says nothing new
        private boolean full;

        @Option(
                names = "--sample",
                paramLabel = "SHARE",
                description = "Compare only so many of the rows, scattered over the table: 1%% or 0.01.")
        private @Nullable String sample;

        @Option(
                names = "--keys",
                paramLabel = "KEY,…",
                description = {
                    "Compare only these rows: 4711,4712, or (7,'a'),(7,'b') where the key has several columns."
                            + " Date-times in UTC where the column knows zones."
                })
        private @Nullable String keys;
    }

    VerifyCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Integer call() throws InterruptedException {
        Screen screen = output.screen(invocation);
        output.logs(screen, invocation);
        List<List<String>> keys = extent == null || extent.keys == null ? List.of() : KeyList.parse(extent.keys);
        double share = extent == null || extent.sample == null ? 1 : Share.parse("--sample", extent.sample);
        try (ServerSession session = ServerSession.open(connection.settings(), invocation)) {
            Migration migration = session.choose(choice.idOrTable());
            OnDemandVerification verification =
                    session.verification(connection.settings(), bootstrapServers, STANDSTILL_AFTER);
            Selection selection = keys.isEmpty()
                    ? share < 1 ? new Selection.Sample(share) : new Selection.Everything()
                    : new Selection.Rows(KeyList.typed(keys, verification.key(migration)));
            Findings findings = verification.run(
                    migration, selection, repair ? RepairMode.AUTO : RepairMode.OFF, SoFar.of(screen, "rows compared"));
            VerifyView view = VerifyView.of(findings);
            invocation.out().println(invocation.mask().apply(json ? MigrationView.json(view) : VerifyText.of(view)));
            return exitCode(findings);
        }
    }

    private static int exitCode(Findings findings) {
        if (findings.differ()) {
            return MigrationOutcome.VERIFICATION_FAILED.exitCode();
        }
        return findings.isReady() ? ExitCodes.DONE : ExitCodes.FAILED;
    }
}
