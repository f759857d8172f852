package dev.shoofly.benchmarks;

import dev.shoofly.database.DatabaseKind;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The swaps, there and back. */
@Command(
        name = "cutover",
        header = "For how long reads and writes stand still when the tables are swapped, there and back.",
        description = {
            "Whole migrations, one after the other, each rolled back some seconds after its cut-over: first",
            "on a quiet server, on which a few clients look at the clock, then under the load of 'load'.",
            "Reports the longest response time around each swap, median and maximum, beside the usual",
            "longest one without a migration. Every acknowledged write is looked for afterwards."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  ./benchmarks/run cutover --database postgres",
            "  ./benchmarks/run cutover --repetitions 20 --json",
            "  ./benchmarks/run cutover --rows 10000 --repetitions 2 -- --lock-timeout 200ms"
        })
final class CutoverCommand implements Callable<Integer> {
    /** At which each server needs about 40 % of two cores. */
    private static final int MYSQL_RATE = 700;

    private static final int POSTGRES_RATE = 1_900;
    private static final int BY_DATABASE = 0;
    private static final int WARM_UP_SECONDS = 5;

    @Mixin
    private final CommonOptions common = new CommonOptions();

    @Mixin
    private final MigrateOptions migrate = new MigrateOptions();

    @Option(names = "--rows", paramLabel = "N", description = "Rows of the table. Default: ${DEFAULT-VALUE}")
    private long rows = 100_000;

    @Option(
            names = "--rate",
            paramLabel = "N",
            description = "Writes per second under load, and as many reads. Default: " + MYSQL_RATE + " on MySQL, "
                    + POSTGRES_RATE + " on PostgreSQL")
    private int rate = BY_DATABASE;

    @Option(
            names = "--repetitions",
            paramLabel = "N",
            description = "Migrations on the quiet server, and as many under load. Default: ${DEFAULT-VALUE}")
    private int repetitions = 5;

    @Option(
            names = "--seconds-baseline",
            paramLabel = "N",
            description = "Measured without a migration, after some seconds of warm-up. Default: ${DEFAULT-VALUE}")
    private int baseline = 20;

    @Override
    public Integer call() throws Exception {
        int usual = common.database() == DatabaseKind.MYSQL ? MYSQL_RATE : POSTGRES_RATE;
        CutoverOptions options = new CutoverOptions(
                rows, rate == BY_DATABASE ? usual : rate, repetitions, WARM_UP_SECONDS, baseline, migrate.options());
        try (MigrationBed bed = MigrationBed.startBusy(common.database())) {
            common.print(new CutoverBenchmark(bed, options).run(), System.out);
        }
        return 0;
    }
}
