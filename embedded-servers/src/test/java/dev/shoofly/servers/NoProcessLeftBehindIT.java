package dev.shoofly.servers;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NoProcessLeftBehindIT {
    private static final Duration LIMIT = Duration.ofSeconds(20);

    @TempDir
    Path directory;

    @Test
    void killingTheJvmEndsItsServers() throws Exception {
        Process jvm = startJvm();
        List<ProcessHandle> servers = serversOf(jvm);
        jvm.destroyForcibly();
        awaitEnd(servers);
    }

    @Test
    void aJvmThatExitsWithoutClosingItsServersEndsThem() throws Exception {
        Process jvm = startJvm();
        List<ProcessHandle> servers = serversOf(jvm);
        jvm.getOutputStream().write('e');
        jvm.getOutputStream().flush();
        assertThat(jvm.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
        awaitEnd(servers);
    }

    @Test
    void theNextJvmWaitsForTheServersOfTheKilledOneAndFindsTheirData() throws Exception {
        Process jvm = startJvm();
        List<ProcessHandle> servers = serversOf(jvm);
        jvm.destroyForcibly().waitFor();
        // At once: the servers of the killed JVM are still stopping.
        try (EmbeddedMySql mySql =
                        EmbeddedMySql.builder(directory.resolve("mysql")).start();
                EmbeddedPostgres postgres =
                        EmbeddedPostgres.builder(directory.resolve("postgres")).start();
                Session session = Session.open(mySql)) {
            assertThat(session.value("SELECT count(*) FROM kept")).isEqualTo("1");
            assertThat(postgres.isRunning()).isTrue();
            assertThat(servers).noneMatch(NoProcessLeftBehindIT::runs);
        }
    }

    @Test
    void killingTheGuardianEndsItsServer() throws Exception {
        try (EmbeddedPostgres postgres =
                EmbeddedPostgres.builder(directory.resolve("postgres")).start()) {
            ProcessHandle server = ProcessHandle.of(postgres.processId()).orElseThrow();
            server.parent().orElseThrow().destroyForcibly();
            awaitEnd(List.of(server));
            assertThat(postgres.isRunning()).isFalse();
        }
    }

    private Process startJvm() throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        JvmWithServers.class.getName(),
                        directory.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    private static List<ProcessHandle> serversOf(Process jvm) throws IOException {
        BufferedReader reader = jvm.inputReader(StandardCharsets.UTF_8);
        String line = reader.readLine();
        while (line != null && !line.matches("\\d+ \\d+")) {
            line = reader.readLine();
        }
        assertThat(line).as("process ids from the other JVM").isNotNull();
        List<ProcessHandle> servers = Stream.of(line.split(" "))
                .map(pid -> ProcessHandle.of(Long.parseLong(pid)))
                .map(Optional::orElseThrow)
                .toList();
        assertThat(servers).hasSize(2).allMatch(NoProcessLeftBehindIT::runs);
        return servers;
    }

    private static void awaitEnd(List<ProcessHandle> processes) {
        long end = System.nanoTime() + LIMIT.toNanos();
        while (processes.stream().anyMatch(NoProcessLeftBehindIT::runs) && System.nanoTime() < end) {
            Waiting.shortly();
        }
        assertThat(processes).noneMatch(NoProcessLeftBehindIT::runs);
    }

    /** A zombie has ended; only its parent has not yet asked for its status. */
    private static boolean runs(ProcessHandle process) {
        try {
            String status = Files.readString(Path.of("/proc", Long.toString(process.pid()), "stat"));
            return process.isAlive() && status.charAt(status.lastIndexOf(')') + 2) != 'Z';
        } catch (IOException e) {
            return false;
        }
    }
}
