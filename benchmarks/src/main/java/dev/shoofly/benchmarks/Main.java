package dev.shoofly.benchmarks;

import dev.shoofly.database.DatabaseKind;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The process: one benchmark, one report on standard output. */
@Command(
        name = "benchmarks/run",
        header = "Measures Shoofly's pipeline beside the limits of this machine.",
        description = {
            "Starts a database and a Kafka broker of its own in a temporary directory, measures, checks that what was",
            "measured is right, and prints one report. Figures of a machine that does something else mean little; the ratio",
            "of a figure to the limit of the same run means more."
        },
        subcommands = {
            ApplyCommand.class,
            CaptureCommand.class,
            LatencyCommand.class,
            CopyCommand.class,
            LoadCommand.class,
            CutoverCommand.class,
            OverheadCommand.class,
            ChangesCommand.class,
            VerifyCommand.class,
            CommandLine.HelpCommand.class
        })
public final class Main {
    private Main() {}

    public static void main(String[] arguments) {
        // The servers' libraries leave threads behind that would keep the JVM alive.
        System.exit(commandLine().execute(arguments));
    }

    static CommandLine commandLine() {
        return new CommandLine(new Main())
                .setUsageHelpWidth(100)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setColorScheme(CommandLine.Help.defaultColorScheme(CommandLine.Help.Ansi.OFF));
    }

    /** As the option {@code --database} spells it. */
    static String name(DatabaseKind kind) {
        return switch (kind) {
            case MYSQL -> "mysql";
            case POSTGRES -> "postgres";
        };
    }
}
