package dev.shoofly.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command without a verb. */
@Command(
        name = "shoofly",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description =
                "Changes the schema of large, busy MySQL and PostgreSQL tables while the applications keep running.",
        synopsisSubcommandLabel = "VERB",
        commandListHeading = "%nVerbs:%n",
        footer = {
            "",
            "Exit codes: 0 done, 1 failed, 2 usage, 3 verification failed, 4 cancelled or rolled back, 130 interrupted (resumable).",
            "",
            "Try it without any database:  shoofly demo"
        })
final class ShooflyCommand implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before run()
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "say what to do: a verb is missing");
    }
}
