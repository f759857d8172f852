package dev.shoofly.benchmarks;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A migration under load. */
@Command(
        name = "load",
        header = "What a migration costs an application that goes on reading and writing.",
        description = {
            "Four connections insert (30 %%), update (60 %%) and delete (10 %%), four read by key, at a fixed",
            "rate whatever the server does: before, during and after a whole 'shoofly migrate'. Response",
            "times count from when an operation was due. Every acknowledged write is looked for afterwards."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  ./benchmarks/run load --database postgres",
            "  ./benchmarks/run load --rate 600 --seconds-baseline 60 --json",
            "  ./benchmarks/run load --rows 500000 -- --chunk-rows 2000"
        })
final class LoadCommand implements Callable<Integer> {
    private static final int WARM_UP_SECONDS = 10;

    @Mixin
    private final CommonOptions common = new CommonOptions();

    @Mixin
    private final MigrateOptions migrate = new MigrateOptions();

    @Option(names = "--rows", paramLabel = "N", description = "Rows of the table. Default: ${DEFAULT-VALUE}")
    private long rows = 2_000_000;

    @Option(
            names = "--rate",
            paramLabel = "N",
            description = "Writes per second, and as many reads. Default: ${DEFAULT-VALUE}")
    private int rate = 1_200;

    @Option(
            names = "--seconds-baseline",
            paramLabel = "N",
            description = "Measured before the migration, after some seconds of warm-up. Default: ${DEFAULT-VALUE}")
    private int baseline = 30;

    @Option(
            names = "--seconds-plain-copy",
            paramLabel = "N",
            description = {
                "Before the migration, small chunks of plain INSERT … SELECT are spread over this time, and indexes",
                "built: what no tool spares the application. 0: not at all. Default: ${DEFAULT-VALUE}"
            })
    private int plainCopy = 60;

    @Option(
            names = "--seconds-after",
            paramLabel = "N",
            description = "Measured after the migration. Default: ${DEFAULT-VALUE}")
    private int after = 15;

    @Override
    public Integer call() throws Exception {
        LoadOptions options =
                new LoadOptions(rows, rate, WARM_UP_SECONDS, baseline, plainCopy, 0, after, migrate.options());
        try (MigrationBed bed = MigrationBed.startBusy(common.database())) {
            common.print(new LoadBenchmark(bed, options).run(), System.out);
        }
        return 0;
    }
}
