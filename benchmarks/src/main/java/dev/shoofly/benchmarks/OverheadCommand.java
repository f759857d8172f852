package dev.shoofly.benchmarks;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A migration beside a load that leaves it room. */
@Command(
        name = "overhead",
        header = "How much slower an application becomes while a whole migration runs beside it.",
        description = {
            "The application of 'load', at a rate at which the machine has room for both, so that the",
            "default throttle can keep the migration out of its way. Reports the median and the 99th",
            "percentile of its response times during the whole migration beside those without one. Every",
            "acknowledged write is looked for afterwards."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  ./benchmarks/run overhead --database postgres",
            "  ./benchmarks/run overhead --rate 300 --seconds-baseline 60 --json",
            "  ./benchmarks/run overhead --rows 500000 -- --chunk-rows 2000"
        })
final class OverheadCommand implements Callable<Integer> {
    private static final int WARM_UP_SECONDS = 10;

    @Mixin
    private final CommonOptions common = new CommonOptions();

    @Mixin
    private final MigrateOptions migrate = new MigrateOptions();

    @Option(names = "--rows", paramLabel = "N", description = "Rows of the table. Default: ${DEFAULT-VALUE}")
    private long rows = 300_000;

    @Option(
            names = "--rate",
            paramLabel = "N",
            description = "Writes per second, and as many reads. Default: ${DEFAULT-VALUE}")
    private int rate = 150;

    @Option(
            names = "--seconds-baseline",
            paramLabel = "N",
            description = "Measured before the migration, and as long after it. Default: ${DEFAULT-VALUE}")
    private int baseline = 30;

    @Option(
            names = "--reader-pairs",
            paramLabel = "N",
            description = {
                "How often the same load is measured without and with a bare reader of the log, in turns, before the",
                "migration: what no tool that reads it spares the application. Default: ${DEFAULT-VALUE}"
            })
    private int readerPairs = 5;

    @Override
    public Integer call() throws Exception {
        LoadOptions options =
                new LoadOptions(rows, rate, WARM_UP_SECONDS, baseline, 0, readerPairs, baseline, migrate.options());
        try (MigrationBed bed = MigrationBed.startBusy(common.database())) {
            Report load = new LoadBenchmark(bed, options).run();
            common.print(OverheadReport.of(load), System.out);
        }
        return 0;
    }
}
