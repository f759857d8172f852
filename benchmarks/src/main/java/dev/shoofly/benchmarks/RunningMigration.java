package dev.shoofly.benchmarks;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.shoofly.benchmarks.reference.ReferenceTable;
import dev.shoofly.model.MigrationState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A {@code shoofly migrate} of the reference table that waits for the word, and other verbs beside it, each in a JVM of its own. */
final class RunningMigration implements AutoCloseable {
    private static final long GLANCE_MILLIS = 50;
    private static final Duration FOLLOWS_WITHIN = Duration.ofMinutes(2);
    private static final ObjectMapper JSON = new ObjectMapper();

    private final BenchmarkServer server;
    private final Path directory;
    private final Path words;
    private final Process process;
    private final Thread killer;
    private final Connection connection;

    private RunningMigration(
            BenchmarkServer server, Path directory, Path words, Process process, Connection connection) {
        this.server = server;
        this.directory = directory;
        this.words = words;
        this.process = process;
        this.connection = connection;
        this.killer = new Thread(process::destroyForcibly);
        // A benchmark that is interrupted must not leave a migration of a vanished server behind.
        Runtime.getRuntime().addShutdownHook(killer);
    }

    /** @param options of {@code migrate} besides those that the benchmark sets */
    static RunningMigration start(BenchmarkServer server, Path directory, List<String> options)
            throws IOException, SQLException {
        Files.createDirectories(directory);
        List<String> command = ShooflyRun.command(server, directory, List.of(), "0s");
        command.addAll(List.of("--table", ReferenceTable.NAME, "--strategy", "shadow", "--cutover", "manual"));
        for (String alter : ReferenceTable.of(server.kind()).alters()) {
            command.addAll(List.of("--alter", alter));
        }
        command.addAll(options);
        Path words = directory.resolve("words");
        Connection connection = server.connectUnnoticed();
        return new RunningMigration(server, directory, words, ShooflyRun.start(server, command, words), connection);
    }

    /** @throws BenchmarkFailure with the command's last words, when the process ends before */
    void awaitState(MigrationState state) throws IOException, InterruptedException {
        while (!text("SELECT state FROM shoofly.migrations").equals(state.name())) {
            if (process.waitFor(GLANCE_MILLIS, TimeUnit.MILLISECONDS)) {
                // 0 would be no better: it was to wait.
                ShooflyRun.requireComplete(process.exitValue() == 0 ? 1 : process.exitValue(), words);
            }
        }
    }

    /**
     * What {@code verify --json} said.
     *
     * @param exitCode 0 READY, 3 rows differ, 1 something else
     */
    record Verified(int exitCode, JsonNode view) {
        JsonNode rows() {
            return view.path("comparison");
        }

        long number(String name) {
            return rows().path(name).asLong(-1);
        }
    }

    Verified verify(String... options) throws IOException, InterruptedException {
        List<String> command = ShooflyRun.verb(directory, List.of(), "verify");
        command.add("--json");
        command.add("--quiet");
        command.addAll(List.of(options));
        Path out = directory.resolve("verify.json");
        Process verify = ShooflyRun.start(server, command, out);
        int code;
        try {
            code = verify.waitFor();
        } finally {
            verify.destroyForcibly();
        }
        String said = Files.readString(out);
        int json = said.indexOf('{');
        if (json < 0) {
            throw new BenchmarkFailure("shoofly verify ended with exit code " + code + ": " + said);
        }
        return new Verified(code, JSON.readTree(said.substring(json)));
    }

    /** Returns once the migration itself has compared whatever changed until now, so that it does not look at those rows again. */
    void awaitFollowed() throws InterruptedException {
        // One that is written after this moment: the latest may stand before the last changes.
        long latest = Long.parseLong(text("SELECT marker FROM shoofly.markers"));
        long giveUpAt = System.nanoTime() + FOLLOWS_WITHIN.toNanos();
        while (Long.parseLong(text("SELECT marker FROM shoofly.verification")) <= latest) {
            if (System.nanoTime() > giveUpAt) {
                throw new BenchmarkFailure("the migration has not compared what changed within " + FOLLOWS_WITHIN);
            }
            TimeUnit.MILLISECONDS.sleep(GLANCE_MILLIS);
        }
    }

    /** Gives the word and waits until the migration is complete. */
    void cutOver() throws IOException, InterruptedException {
        Path out = directory.resolve("cutover");
        ShooflyRun.requireComplete(
                ShooflyRun.start(server, new ArrayList<>(ShooflyRun.verb(directory, List.of(), "cutover")), out)
                        .waitFor(),
                out);
        ShooflyRun.requireComplete(process.waitFor(), words);
    }

    /** The first column of the only row; empty: there is none, or no such table yet. */
    String text(String query) {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(query)) {
            return row.next() ? String.valueOf(row.getString(1)) : "";
        } catch (SQLException e) {
            return "";
        }
    }

    Phases phases() throws SQLException {
        return Phases.read(connection);
    }

    @Override
    public void close() throws SQLException {
        process.destroyForcibly();
        Runtime.getRuntime().removeShutdownHook(killer);
        connection.close();
    }
}
