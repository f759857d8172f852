package dev.shoofly.cli;

import dev.shoofly.cli.demo.Demo;
import dev.shoofly.cli.demo.DemoOptions;
import dev.shoofly.cli.demo.DemoSummary;
import dev.shoofly.cli.input.UsageException;
import dev.shoofly.cli.logging.LogSetup;
import dev.shoofly.cli.run.MigrationProcess;
import dev.shoofly.cli.run.StopHook;
import dev.shoofly.cli.screen.Screen;
import dev.shoofly.coordinator.MigrationOutcome;
import dev.shoofly.database.DatabaseKind;
import dev.shoofly.servers.FileTree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Runs a migration under load on servers of its own. */
@Command(
        name = "demo",
        header = "See a migration under load, without any server of your own.",
        description = {
            "Starts Kafka and a database, fills a table, reads and writes it on several connections, migrates it meanwhile,",
            "and checks every acknowledged write afterwards. Everything is in a temporary directory, removed at the end."
        },
        footerHeading = "%nExamples:%n",
        footer = {"  shoofly demo", "  shoofly demo --database mysql --rows 1000000 --rate 1000 --json"})
final class DemoCommand implements Callable<Integer> {
    private static final long LEAST_ROWS = 1_000;
    private static final long MOST_ROWS = 100_000_000;
    private static final int MOST_RATE = 100_000;

    private final Invocation invocation;

    @Mixin
    private final OutputOptions output = new OutputOptions();

    @Option(names = "--database", paramLabel = "postgres|mysql", description = "Default: postgres")
    private String database = "postgres";

    @Option(names = "--rows", paramLabel = "N", description = "Rows before the migration. Default: 200000")
    private long rows = 200_000;

    @Option(
            names = "--rate",
            paramLabel = "N",
            description = {"Operations per second of the workload, four fifths of them writes. Default: 500"})
    private int rate = 500;

    @Option(
            names = "--json",
            description = "Print the summary as one JSON object, and nothing else, on standard output.")
    private boolean json;

    DemoCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Integer call() throws Exception {
        DemoOptions options = options();
        Screen screen = output.screen(invocation);
        LogSetup logs = output.logs(screen, invocation);
        Path directory = Files.createTempDirectory("shoofly-demo-");
        logs.toFile(directory.resolve("logs"));
        Demo demo = new Demo(options, directory, screen, invocation.environment());
        try (StopHook hook = new StopHook(demo::stop, MigrationProcess.STOP_LIMIT)) {
            assert hook != null;
            boolean clean = false;
            try {
                Optional<DemoSummary> summary = demo.run();
                clean = summary.map(DemoSummary::isClean).orElse(true);
                summary.ifPresent(result -> print(result, screen));
                return summary.isEmpty()
                        ? MigrationOutcome.INTERRUPTED.exitCode()
                        : clean ? ExitCodes.DONE : ExitCodes.FAILED;
            } catch (SQLException | RuntimeException e) {
                // Servers that vanish under a run that was told to stop are no failure.
                if (!demo.isStopped()) {
                    throw e;
                }
                return MigrationOutcome.INTERRUPTED.exitCode();
            } finally {
                tidy(directory, clean || demo.isStopped(), screen);
            }
        }
    }

    private DemoOptions options() {
        DatabaseKind kind = switch (database) {
            case "mysql" -> DatabaseKind.MYSQL;
            case "postgres", "postgresql" -> DatabaseKind.POSTGRES;
            default -> throw new UsageException("--database must be postgres or mysql, not '" + database + "'");
        };
        if (rows < LEAST_ROWS || rows > MOST_ROWS) {
            throw new UsageException("--rows must be from " + LEAST_ROWS + " to " + MOST_ROWS);
        }
        if (rate < 1 || rate > MOST_RATE) {
            throw new UsageException("--rate must be from 1 to " + MOST_RATE);
        }
        return new DemoOptions(kind, rows, rate);
    }

    private void print(DemoSummary summary, Screen screen) {
        summary.findings()
                .forEach(finding -> screen.warn("found: " + invocation.mask().apply(finding)));
        if (json) {
            invocation.out().println(summary.json());
        } else {
            summary.print(invocation.out());
        }
    }

    /** The log of a demo that went wrong is worth keeping; the servers' data is not. */
    private static void tidy(Path directory, boolean clean, Screen screen) throws IOException {
        Path logs = directory.resolve("logs");
        List<Path> parts;
        try (Stream<Path> children = Files.list(directory)) {
            parts = children.filter(child -> !child.equals(logs)).toList();
        }
        for (Path part : parts) {
            FileTree.delete(part);
        }
        if (clean) {
            FileTree.delete(directory);
        } else {
            screen.warn("the log is kept in " + logs);
        }
    }
}
