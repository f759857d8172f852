package dev.shoofly.benchmarks;

import dev.shoofly.database.DatabaseKind;
import java.io.PrintStream;
import picocli.CommandLine.Option;

/** Options of every benchmark. */
final class CommonOptions {
    @Option(names = "--database", paramLabel = "mysql|postgres", description = "Default: mysql")
    private DatabaseKind database = DatabaseKind.MYSQL;

    @Option(names = "--json", description = "Print one JSON object on one line instead of the table.")
    private boolean json;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help.")
    @SuppressWarnings("UnusedVariable") // picocli reads it
    private boolean help;

    DatabaseKind database() {
        return database;
    }

    void print(Report report, PrintStream out) {
        if (json) {
            out.println(report.json());
        } else {
            report.print(out);
        }
    }
}
