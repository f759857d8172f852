package dev.shoofly.benchmarks;

import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The copy of an idle table. */
@Command(
        name = "copy",
        header = "Time to copy an idle table and build its indexes, beside a plain copy.",
        description = {
            "Runs a whole 'shoofly migrate' of a table of ten columns and four secondary indexes on a server",
            "that does nothing else, and a plain copy of the same table before and after it."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  ./benchmarks/run copy --database postgres",
            "  ./benchmarks/run copy --rows 20000000 --json",
            "  ./benchmarks/run copy --rows 500000 -- --chunk-rows 20000 --applier-threads 1"
        })
final class CopyCommand implements Callable<Integer> {
    @Mixin
    private final CommonOptions common = new CommonOptions();

    @Mixin
    private final MigrateOptions migrate = new MigrateOptions();

    @Option(names = "--rows", paramLabel = "N", description = "Rows of the table. Default: ${DEFAULT-VALUE}")
    private long rows = 2_000_000;

    @Option(
            names = "--connections",
            paramLabel = "N",
            split = ",",
            description = "Connections of the plain copy, or several numbers of which the best counts. Default: 2,4")
    private List<Integer> connections = List.of();

    @Override
    public Integer call() throws Exception {
        CopyOptions options =
                new CopyOptions(rows, connections.isEmpty() ? List.of(2, 4) : connections, migrate.options());
        try (MigrationBed bed = MigrationBed.startIdle(common.database())) {
            common.print(new CopyBenchmark(bed, options).run(), System.out);
        }
        return 0;
    }
}
