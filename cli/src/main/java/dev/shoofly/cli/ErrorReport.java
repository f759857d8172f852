package dev.shoofly.cli;

import dev.shoofly.cli.input.UsageException;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.servers.ServerException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** Words every error on standard error, once, without secrets; the stack only with {@code --verbose}. */
final class ErrorReport implements IExecutionExceptionHandler, IParameterExceptionHandler {
    private final Invocation invocation;

    ErrorReport(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public int handleParseException(ParameterException error, String[] arguments) {
        CommandLine command = error.getCommandLine();
        print("shoofly: " + error.getMessage());
        if (!CommandLine.UnmatchedArgumentException.printSuggestions(error, command.getErr())) {
            print("See '" + command.getCommandSpec().qualifiedName() + " --help'.");
        }
        return ExitCodes.USAGE;
    }

    @Override
    public int handleExecutionException(Exception error, CommandLine command, ParseResult parsed) {
        if (error instanceof UsageException usage) {
            usage.problems().forEach(problem -> print("shoofly: " + problem));
            print("See '" + command.getCommandSpec().qualifiedName() + " --help'.");
            return ExitCodes.USAGE;
        }
        print("shoofly: " + words(error));
        if (OutputOptions.isVerbose(parsed)) {
            StringWriter stack = new StringWriter();
            error.printStackTrace(new PrintWriter(stack));
            print(stack.toString());
        }
        return ExitCodes.FAILED;
    }

    private static String words(Exception error) {
        if (error instanceof ShooflyException || error instanceof ServerException) {
            return String.valueOf(error.getMessage());
        }
        // Not foreseen: the class often says more than the message.
        return "unexpected error: " + String.join(": ", List.of(error.getClass().getName(), "" + error.getMessage()))
                + ". Run the same again with --verbose for details; a migration's state is kept on its server.";
    }

    private void print(String text) {
        invocation.err().println(invocation.mask().apply(text));
    }
}
