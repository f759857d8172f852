package dev.shoofly.cli;

import dev.shoofly.cli.logging.LogSetup;
import dev.shoofly.cli.screen.Screen;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParseResult;

/** Options of every verb. */
final class OutputOptions {
    private static final String VERBOSE = "--verbose";

    @Option(names = VERBOSE, description = "Show stack traces and Shoofly's details.")
    private boolean verbose;

    @Option(
            names = {"-q", "--quiet"},
            description = "Show warnings and errors only.")
    private boolean quiet;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help.")
    @SuppressWarnings("UnusedVariable") // picocli reads it
    private boolean help;

    Screen screen(Invocation invocation) {
        return Screen.ofProcess(invocation.err(), invocation.environment(), quiet);
    }

    LogSetup logs(Screen screen, Invocation invocation) {
        LogSetup logs = new LogSetup(
                screen, invocation.mask(), verbose ? LogSetup.Verbosity.VERBOSE : LogSetup.Verbosity.NORMAL);
        logs.toScreen();
        return logs;
    }

    /** Whether the verb that was called has the option. */
    static boolean isVerbose(ParseResult parsed) {
        ParseResult verb = parsed;
        while (verb.hasSubcommand()) {
            verb = verb.subcommand();
        }
        return verb.hasMatchedOption(VERBOSE);
    }
}
