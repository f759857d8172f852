package dev.shoofly.benchmarks;

import dev.shoofly.benchmarks.reference.ReferenceTable;
import dev.shoofly.cli.Main;
import dev.shoofly.model.MigrationState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;

/**
 * One whole {@code shoofly migrate} of the reference table, as a shell would start it: in a JVM of its own, so that its
 * memory is its own and its collector's pauses do not hit the load, whose threads are in this process. Blocks.
 */
final class ShooflyRun {
    private static final String PASSWORD = "SHOOFLY_BENCHMARK_PASSWORD";
    /** As the launcher has them. */
    private static final List<String> JAVA_OPTIONS = List.of("-Xmx1g", "-XX:-UsePerfData", "-XX:TieredStopAtLevel=1");

    private static final long GLANCE_MILLIS = 500;
    private static final int SHOWN_LINES = 20;

    private final BenchmarkServer server;
    private final Path directory;
    private final List<String> options;

    /**
     * @param directory for its data and logs; created
     * @param options of {@code migrate} besides those that the benchmark sets
     */
    ShooflyRun(BenchmarkServer server, Path directory, List<String> options) {
        this.server = server;
        this.directory = directory;
        this.options = List.copyOf(options);
    }

    /**
     * What a completed migration was.
     *
     * @param fromMillis when the process was started, in milliseconds of the epoch
     * @param toMillis when it had ended
     * @param indexesMillis when all indexes were on the shadow for good; empty: not seen before the swap
     * @param buildingIndexes for how long one was seen being built, since the copy began
     * @param cpu of its process and the server's, about twice a second
     */
    record Result(
            long fromMillis,
            long toMillis,
            Phases phases,
            OptionalLong indexesMillis,
            Duration buildingIndexes,
            long peakResidentMiB,
            CollectorLog collector,
            CpuSamples cpu) {
        double seconds() {
            return (toMillis - fromMillis) / 1e3;
        }
    }

    /** @throws BenchmarkFailure with the command's last words, when it does not end as complete */
    Result run() throws SQLException, IOException, InterruptedException {
        Files.createDirectories(directory);
        Path words = directory.resolve("words");
        Path collector = directory.resolve("collector.log");
        long from = System.currentTimeMillis();
        try (ShadowWatch shadow = new ShadowWatch(server)) {
            Process process = start(words, collector);
            Thread killer = new Thread(process::destroyForcibly);
            // A benchmark that is interrupted must not leave a migration of a vanished server behind.
            Runtime.getRuntime().addShutdownHook(killer);
            try {
                long memory = 0;
                Duration own = Duration.ZERO;
                CpuSamples cpu = new CpuSamples();
                do {
                    memory = Math.max(memory, Memory.peakResidentMiB(process.pid()));
                    own = process.info().totalCpuDuration().orElse(own);
                    cpu.add(
                            System.currentTimeMillis(),
                            own.plus(server.cpuTime().usedByServer()));
                } while (!process.waitFor(GLANCE_MILLIS, TimeUnit.MILLISECONDS));
                long to = System.currentTimeMillis();
                requireComplete(process.exitValue(), words);
                Phases phases = phases();
                return new Result(
                        from,
                        to,
                        phases,
                        shadow.completeSinceMillis(),
                        // Before, the shadow is empty, and the ALTER that makes it looks the same.
                        shadow.buildingSince(phases.enteredMillis(MigrationState.COPYING)),
                        memory,
                        CollectorLog.read(collector),
                        cpu);
            } finally {
                process.destroyForcibly();
                Runtime.getRuntime().removeShutdownHook(killer);
            }
        }
    }

    /**
     * Migrates a table, however the planner will have it done, and waits for the end.
     *
     * @throws BenchmarkFailure with the command's last words, when it does not end as complete
     */
    static void migrate(BenchmarkServer server, Path directory, String table, String alter)
            throws IOException, InterruptedException {
        Files.createDirectories(directory);
        Path words = directory.resolve("words");
        List<String> command = command(server, directory, List.of(), "0s");
        command.addAll(List.of("--table", table, "--alter", alter));
        Process process = start(server, command, words);
        try {
            requireComplete(process.waitFor(), words);
        } finally {
            process.destroyForcibly();
        }
    }

    private Process start(Path words, Path collector) throws IOException {
        // What is measured ends with the swap.
        List<String> command = command(server, directory, List.of(CollectorLog.option(collector)), "0s");
        command.addAll(reference(server));
        command.addAll(options);
        return start(server, command, words);
    }

    /** A migration of the reference table whose old table can be had back. */
    static Process startWithWayBack(BenchmarkServer server, Path directory, List<String> options, Path words)
            throws IOException {
        List<String> command = command(server, directory, List.of(), "1h");
        command.addAll(reference(server));
        command.addAll(options);
        return start(server, command, words);
    }

    private static List<String> reference(BenchmarkServer server) {
        List<String> what = new ArrayList<>(List.of("--table", ReferenceTable.NAME, "--strategy", "shadow"));
        for (String alter : ReferenceTable.of(server.kind()).alters()) {
            what.addAll(List.of("--alter", alter));
        }
        return what;
    }

    static Process start(BenchmarkServer server, List<String> command, Path words) throws IOException {
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(words.toFile());
        builder.environment().put(PASSWORD, server.profile().password().reveal());
        return builder.start();
    }

    /** A verb as the launcher starts it, which finds the connection in its data directory. */
    static List<String> verb(Path directory, List<String> javaOptions, String verb) {
        List<String> command = new ArrayList<>(List.of("nice", "-n", "10"));
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(JAVA_OPTIONS);
        command.addAll(javaOptions);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName(), verb));
        command.addAll(List.of("--data-dir", directory.resolve("data").toString()));
        return command;
    }

    /** A migration without table and alterations. */
    static List<String> command(
            BenchmarkServer server, Path directory, List<String> javaOptions, String rollbackWindow) {
        List<String> command = verb(directory, javaOptions, "migrate");
        command.addAll(List.of(
                "--url", server.profile().url(), "--user", server.profile().user()));
        command.addAll(List.of("--password-env", PASSWORD));
        command.addAll(List.of("--rollback-window", rollbackWindow));
        return command;
    }

    static void requireComplete(int exitCode, Path words) throws IOException {
        requireExit(0, exitCode, words);
    }

    /** @throws BenchmarkFailure with the command's last words, when it ended otherwise */
    static void requireExit(int wanted, int exitCode, Path words) throws IOException {
        if (exitCode != wanted) {
            List<String> lines = Files.readAllLines(words);
            String last = String.join("\n", lines.subList(Math.max(0, lines.size() - SHOWN_LINES), lines.size()));
            throw new BenchmarkFailure("shoofly migrate ended with exit code " + exitCode + ":\n" + last);
        }
    }

    private Phases phases() throws SQLException {
        try (Connection connection = server.connect()) {
            return Phases.read(connection);
        }
    }
}
