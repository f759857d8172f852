package dev.shoofly.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.servers.DatabaseServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** A {@link ChildRun} that ends at a point. */
final class KilledProcess {
    private static final long LIMIT_SECONDS = 240;

    private KilledProcess() {}

    /** Blocks until it has died there. Kafka's data are left in the directory. */
    static void at(String point, DatabaseServer server, OrdersTable table, Path directory)
            throws IOException, InterruptedException {
        Path log = directory.resolve(point + ".log");
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Xmx768m",
                "-cp",
                System.getProperty("java.class.path"),
                ChildRun.class.getName(),
                server.jdbcUrl(),
                server.user(),
                directory.toString(),
                table.name(),
                point);
        builder.environment().put("SHOOFLY_TEST_PASSWORD", server.password());
        Process process =
                builder.redirectErrorStream(true).redirectOutput(log.toFile()).start();
        try {
            assertThat(process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS))
                    .as("ends: %s", Files.readString(log))
                    .isTrue();
            assertThat(process.exitValue()).as("%s", Files.readString(log)).isEqualTo(ChildRun.KILLED);
        } finally {
            process.destroyForcibly();
        }
    }
}
