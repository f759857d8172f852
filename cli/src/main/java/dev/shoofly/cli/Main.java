package dev.shoofly.cli;

import dev.shoofly.cli.logging.SecretMask;
import java.util.Map;
import picocli.CommandLine;

/** The process. */
public final class Main {
    private Main() {}

    public static void main(String[] arguments) {
        Invocation invocation = new Invocation(System.out, System.err, Map.copyOf(System.getenv()), new SecretMask());
        // Libraries leave threads behind that would keep the JVM alive.
        System.exit(run(invocation, arguments));
    }

    /** @return the exit code */
    static int run(Invocation invocation, String... arguments) {
        return commandLine(invocation).execute(arguments);
    }

    static CommandLine commandLine(Invocation invocation) {
        ErrorReport errors = new ErrorReport(invocation);
        CommandLine commandLine = new CommandLine(new ShooflyCommand())
                .addSubcommand(new MigrateCommand(invocation))
                .addSubcommand(new ExplainCommand(invocation))
                .addSubcommand(new StatusCommand(invocation))
                .addSubcommand(new ListCommand(invocation))
                .addSubcommand(new PauseCommand(invocation))
                .addSubcommand(new ResumeCommand(invocation))
                .addSubcommand(new ThrottleCommand(invocation))
                .addSubcommand(new VerifyCommand(invocation))
                .addSubcommand(new ShadowTrafficCommand(invocation))
                .addSubcommand(new CutoverCommand(invocation))
                .addSubcommand(new RollbackCommand(invocation))
                .addSubcommand(new CompleteCommand(invocation))
                .addSubcommand(new CancelCommand(invocation))
                .addSubcommand(new ServeCommand(invocation))
                .addSubcommand(new DoctorCommand(invocation))
                .addSubcommand(new DemoCommand(invocation))
                .addSubcommand(new CommandLine.HelpCommand());
        commandLine
                .setOut(new java.io.PrintWriter(invocation.out(), true, java.nio.charset.StandardCharsets.UTF_8))
                .setErr(new java.io.PrintWriter(invocation.err(), true, java.nio.charset.StandardCharsets.UTF_8))
                .setColorScheme(CommandLine.Help.defaultColorScheme(CommandLine.Help.Ansi.OFF))
                .setUsageHelpWidth(100)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setExecutionExceptionHandler(errors)
                .setParameterExceptionHandler(errors);
        return commandLine;
    }
}
