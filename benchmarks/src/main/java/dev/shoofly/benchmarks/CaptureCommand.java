package dev.shoofly.benchmarks;

import dev.shoofly.model.MigrationSpec;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Row events per second into the topic. */
@Command(
        name = "capture",
        header = "Row events per second from the log into the topic, beside the rate at which the server takes them.",
        footerHeading = "%nExamples:%n",
        footer = {"  ./benchmarks/run capture --database postgres", "  ./benchmarks/run capture --rows 200000 --json"})
final class CaptureCommand implements Callable<Integer> {
    @Mixin
    private final CommonOptions common = new CommonOptions();

    @Option(names = "--rows", paramLabel = "N", description = "Rows of each table. Default: ${DEFAULT-VALUE}")
    private int rows = 60_000;

    @Option(names = "--partitions", paramLabel = "N", description = "Default: ${DEFAULT-VALUE}")
    private int partitions = MigrationSpec.DEFAULT_PARTITIONS;

    @Override
    public Integer call() throws Exception {
        try (Bed bed = Bed.start(common.database())) {
            common.print(new CaptureBenchmark(bed, new CaptureOptions(rows, partitions)).run(), System.out);
        }
        return 0;
    }
}
