package dev.shoofly.benchmarks;

import dev.shoofly.benchmarks.changes.Operation;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Schema changes beside an application. */
@Command(
        name = "changes",
        header = "How long each of 19 schema changes holds an application up.",
        description = {
            "Two readers, two updaters, an inserter and a deleter work on a table while 'shoofly migrate' makes one change",
            "after the other. None may stand still for longer than a second, or 20 times its usual longest gap."
        },
        footerHeading = "%nExamples:%n",
        footer = {"  ./benchmarks/run changes --database postgres", "  ./benchmarks/run changes --rows 100000 --json"})
final class ChangesCommand implements Callable<Integer> {
    @Mixin
    private final CommonOptions common = new CommonOptions();

    @Option(names = "--rows", paramLabel = "N", description = "Rows of the table. Default: ${DEFAULT-VALUE}")
    private long rows = 1_000_000;

    @Override
    public Integer call() throws Exception {
        try (MigrationBed bed = MigrationBed.startBusy(common.database())) {
            common.print(new ChangesBenchmark(bed, rows, Operation.all(common.database())).run(), System.out);
        }
        return 0;
    }
}
