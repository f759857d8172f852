package dev.shoofly.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DemoIT {
    private static final Duration LIMIT = Duration.ofMinutes(5);

    @TempDir
    private Path directory;

    private ShooflyProcess demo(String database, int rows, String... more) throws IOException {
        List<String> words = new java.util.ArrayList<>(
                List.of("demo", "--database", database, "--rows", "" + rows, "--rate", "200"));
        words.addAll(List.of(more));
        // Its temporary directory goes below the test's, so that what it leaves behind can be seen.
        Path temporary = Files.createDirectories(directory.resolve("tmp"));
        return ShooflyProcess.start(directory, Map.of("JAVA_TOOL_OPTIONS", "-Djava.io.tmpdir=" + temporary), words);
    }

    @ParameterizedTest
    @ValueSource(strings = {"postgres", "mysql"})
    void losesNoAcknowledgedWriteAndPrintsOneObject(String database) throws Exception {
        try (ShooflyProcess demo = demo(database, 20_000, "--json")) {
            assertThat(demo.exitCode(LIMIT)).as(demo.err()).isZero();

            JsonNode summary = new ObjectMapper().readTree(demo.out());
            assertThat(demo.out().lines()).hasSize(1);
            assertThat(summary.fieldNames())
                    .toIterable()
                    .containsExactlyInAnyOrder(
                            "database",
                            "rowsCopied",
                            "keysApplied",
                            "mismatches",
                            "acknowledgedWrites",
                            "lostWrites",
                            "clientErrors",
                            "writeStallMillis",
                            "readStallMillis",
                            "totalSeconds");
            assertThat(summary.get("database").asText()).isEqualTo(database);
            // A row that the load changed before the copy came by was brought by the applier.
            assertThat(summary.get("rowsCopied").asLong()).isPositive();
            assertThat(summary.get("rowsCopied").asLong()
                            + summary.get("keysApplied").asLong())
                    .isGreaterThan(15_000);
            assertThat(summary.get("acknowledgedWrites").asLong()).isGreaterThan(500);
            assertThat(summary.get("keysApplied").asLong()).isPositive();
            assertThat(summary.get("lostWrites").asLong()).isZero();
            assertThat(summary.get("mismatches").asLong()).isZero();
            assertThat(summary.get("clientErrors").asLong()).isZero();
        }
        assertThat(leftBehind()).isEmpty();
    }

    @Test
    void stopsItsServersAndRemovesItsDataWhenInterrupted() throws Exception {
        try (ShooflyProcess demo = demo("postgres", 200_000)) {
            long deadline = System.nanoTime() + LIMIT.toNanos();
            while (!demo.err().contains("COPYING")) {
                assertThat(demo.isAlive()).as(demo.err()).isTrue();
                assertThat(System.nanoTime()).isLessThan(deadline);
                LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
            }
            demo.interrupt();
            assertThat(demo.exitCode(Duration.ofSeconds(60))).isEqualTo(130);
            assertThat(demo.out()).isEmpty();
        }
        assertThat(leftBehind()).isEmpty();
        assertThat(ProcessHandle.allProcesses()
                        .flatMap(process -> process.info().commandLine().stream())
                        .filter(line -> line.contains(directory.toString())))
                .isEmpty();
    }

    private List<Path> leftBehind() throws IOException {
        try (Stream<Path> files = Files.list(directory.resolve("tmp"))) {
            return files.filter(file -> file.getFileName().toString().startsWith("shoofly-demo"))
                    .toList();
        }
    }
}
