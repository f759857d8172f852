package dev.shoofly.cli;

import dev.shoofly.coordinator.Doctor;
import java.io.PrintStream;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Checks a server, and finds what earlier migrations left. */
@Command(
        name = "doctor",
        header = "Check a server for all that migrations need, and find what earlier ones left.",
        description = {
            "Only looks. Each problem is told with its remedy, each leftover with the command that removes it. Ends with 1",
            "when the server or the user is not fit for a migration through a shadow."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  shoofly doctor --url jdbc:mysql://127.0.0.1/shop --user root --password-env PW",
            "  shoofly doctor --bootstrap-servers kafka1:9092 --json"
        })
final class DoctorCommand implements Callable<Integer> {
    private final Invocation invocation;

    @Mixin
    private final ConnectionOptions connection = new ConnectionOptions();

    @Mixin
    private final OutputOptions output = new OutputOptions();

    @Option(
            names = "--bootstrap-servers",
            paramLabel = "HOST:PORT,…",
            description = "Look for topics and groups in this Kafka cluster, too.")
    private @Nullable String bootstrapServers;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    DoctorCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Integer call() {
        output.logs(output.screen(invocation), invocation);
        try (ServerSession session = ServerSession.open(connection.settings(), invocation)) {
            Doctor.Findings findings = session.examine(Optional.ofNullable(bootstrapServers));
            if (json) {
                invocation.out().println(invocation.mask().apply(MigrationView.json(findings)));
            } else {
                print(findings, invocation.out());
            }
            return findings.problems().isEmpty() ? ExitCodes.DONE : ExitCodes.FAILED;
        }
    }

    private static void print(Doctor.Findings findings, PrintStream out) {
        if (findings.problems().isEmpty()) {
            out.println("server and user are fit for migrations");
        } else {
            out.println("not fit for migrations through a shadow:");
            findings.problems().forEach(problem -> out.println("  - " + problem));
        }
        if (findings.leftovers().isEmpty()) {
            out.println("nothing is left of earlier migrations");
            return;
        }
        out.println("left of migrations:");
        for (Doctor.Leftover leftover : findings.leftovers()) {
            out.println("  - " + leftover.what() + ": " + leftover.why());
            out.println("      " + leftover.removal());
        }
    }
}
