package dev.shoofly.benchmarks;

import java.util.List;
import picocli.CommandLine.Parameters;

/** Options of the migrations that a benchmark runs, handed on as they are. */
final class MigrateOptions {
    @Parameters(
            paramLabel = "MIGRATE-OPTION",
            arity = "0..*",
            description = "After '--': options of 'shoofly migrate', such as --chunk-rows 20000.")
    private List<String> options = List.of();

    List<String> options() {
        return options;
    }
}
