package dev.shoofly.benchmarks;

import dev.shoofly.applier.ApplierSettings;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Keys reconciled per second. */
@Command(
        name = "apply",
        header = "Keys reconciled per second, beside a plain JDBC program's upserts.",
        footerHeading = "%nExamples:%n",
        footer = {
            "  ./benchmarks/run apply --database postgres",
            "  ./benchmarks/run apply --database mysql --partitions 8 --rows 200000 --json",
            "  ./benchmarks/run apply --hot"
        })
final class ApplyCommand implements Callable<Integer> {
    /** As {@code shoofly migrate} has it. */
    static final int DEFAULT_THREADS = 2;

    @Mixin
    private final CommonOptions common = new CommonOptions();

    @Option(
            names = "--partitions",
            paramLabel = "N",
            split = ",",
            description = "Partitions of the topic, or several numbers. Default: 1,2,4,8; with --hot: 8")
    private List<Integer> partitions = List.of();

    @Option(names = "--rows", paramLabel = "N", description = "Rows, each changed once. Default: ${DEFAULT-VALUE}")
    private int rows = 100_000;

    @Option(
            names = "--hot",
            description = "Compare changes/s when 1 %% of the rows take 99 %% of the changes with a uniform load.")
    private boolean hot;

    @Option(names = "--applier-threads", paramLabel = "N", description = "Default: ${DEFAULT-VALUE}")
    private int threads = DEFAULT_THREADS;

    @Option(names = "--batch-keys", paramLabel = "N", description = "Most keys per transaction. Default: the product's")
    private int batchKeys = ApplierSettings.DEFAULT_BATCH_KEYS;

    @Override
    public Integer call() throws Exception {
        try (Bed bed = Bed.start(common.database())) {
            Report report = hot
                    ? new HotKeysBenchmark(bed, options(List.of(8))).run()
                    : new ApplyBenchmark(bed, options(List.of(1, 2, 4, 8))).run();
            common.print(report, System.out);
        }
        return 0;
    }

    private ApplyOptions options(List<Integer> defaultPartitions) {
        return new ApplyOptions(rows, partitions.isEmpty() ? defaultPartitions : partitions, threads, batchKeys);
    }
}
