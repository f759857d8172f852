package dev.shoofly.benchmarks;

import dev.shoofly.model.MigrationSpec;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** From commit to applied. */
@Command(
        name = "latency",
        header = "Time from an application's commit until the change is in the shadow, and memory meanwhile.",
        footerHeading = "%nExamples:%n",
        footer = {
            "  ./benchmarks/run latency --database postgres",
            "  ./benchmarks/run latency --rate 1000 --json",
            "  ./benchmarks/run latency --seconds 1800       # the soak: is memory steady?"
        })
final class LatencyCommand implements Callable<Integer> {
    private static final int WARM_UP_SECONDS = 30;
    private static final int PLAIN_SECONDS = 10;

    @Mixin
    private final CommonOptions common = new CommonOptions();

    @Option(names = "--rate", paramLabel = "N", description = "Changes per second. Default: ${DEFAULT-VALUE}")
    private int rate = 500;

    @Option(names = "--seconds", paramLabel = "N", description = "How long. Default: ${DEFAULT-VALUE}")
    private int seconds = 40;

    @Option(names = "--partitions", paramLabel = "N", description = "Default: ${DEFAULT-VALUE}")
    private int partitions = MigrationSpec.DEFAULT_PARTITIONS;

    @Option(names = "--applier-threads", paramLabel = "N", description = "Default: ${DEFAULT-VALUE}")
    private int threads = ApplyCommand.DEFAULT_THREADS;

    @Option(names = "--rows", paramLabel = "N", description = "Rows of the table. Default: ${DEFAULT-VALUE}")
    private int rows = 50_000;

    @Override
    public Integer call() throws Exception {
        try (Bed bed = Bed.start(common.database())) {
            LatencyOptions options =
                    new LatencyOptions(rows, rate, partitions, threads, seconds, WARM_UP_SECONDS, PLAIN_SECONDS);
            common.print(new LatencyBenchmark(bed, options).run(), System.out);
        }
        return 0;
    }
}
