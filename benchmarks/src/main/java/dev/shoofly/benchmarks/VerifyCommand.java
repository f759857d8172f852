package dev.shoofly.benchmarks;

import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The comparison of both sides. */
@Command(
        name = "verify",
        header = "Speed of the comparison beside that of the copy, and what it says under heavy writes.",
        description = {
            "Migrates an idle table up to READY. Then four connections write and four read at a fixed rate for some minutes,",
            "while 'shoofly verify' compares every row again and again: not one may be called a mismatch. In the end rows are",
            "spoiled in the shadow, and each must be found, repaired, and the swapped table be as acknowledged."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  ./benchmarks/run verify --database postgres",
            "  ./benchmarks/run verify --rows 200000 --minutes 0.5 --rate 300 --json"
        })
final class VerifyCommand implements Callable<Integer> {
    private static final Duration BASELINE = Duration.ofSeconds(20);
    private static final double MILLIS_PER_MINUTE = 60_000;

    @Mixin
    private final CommonOptions common = new CommonOptions();

    @Mixin
    private final MigrateOptions migrate = new MigrateOptions();

    @Option(names = "--rows", paramLabel = "N", description = "Rows of the table. Default: ${DEFAULT-VALUE}")
    private long rows = 2_000_000;

    @Option(
            names = "--minutes",
            paramLabel = "M",
            description = "For how long the table is compared under writes. Default: ${DEFAULT-VALUE}")
    private double minutes = 10;

    @Option(
            names = "--rate",
            paramLabel = "N",
            description = "Writes per second, and as many reads. Default: ${DEFAULT-VALUE}")
    private int rate = 1_200;

    @Override
    public Integer call() throws Exception {
        VerifyOptions options = new VerifyOptions(
                rows, rate, BASELINE, Duration.ofMillis(Math.round(minutes * MILLIS_PER_MINUTE)), migrate.options());
        try (MigrationBed bed = MigrationBed.startBusy(common.database())) {
            common.print(new VerifyBenchmark(bed, options).run(), System.out);
        }
        return 0;
    }
}
