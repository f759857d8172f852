package dev.shoofly.applier;

import dev.shoofly.database.DatabaseKind;
import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.database.control.ControlTables;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationMetrics;
import dev.shoofly.model.MigrationPlan;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** An applier in a JVM of its own, that can die at a fault point or be stopped by signals. */
final class ApplierProcess implements AutoCloseable {
    private static final String PASSWORD = "APPLIER_PASSWORD";
    private final Process process;

    private ApplierProcess(Process process) {
        this.process = process;
    }

    /** @param dieAt name of a fault point where the process halts, the tenth time that it comes there; empty: never */
    static ApplierProcess start(Scene scene, Path directory, String dieAt) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                ApplierProcess.class.getName(),
                scene.plan.id().value(),
                Integer.toString(scene.plan.partitions()),
                scene.kafka.bootstrapServers(),
                scene.database.jdbcUrl(),
                scene.database.user(),
                directory.toString(),
                dieAt));
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(directory
                        .resolve("process-" + System.nanoTime() + ".log")
                        .toFile());
        builder.environment().put(PASSWORD, scene.database.password());
        return new ApplierProcess(builder.start());
    }

    boolean isAlive() {
        return process.isAlive();
    }

    void signal(String name) throws Exception {
        Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start();
        if (!kill.waitFor(10, TimeUnit.SECONDS) || kill.exitValue() != 0) {
            throw new AssertionError("kill -" + name + " failed");
        }
    }

    @Override
    public void close() throws Exception {
        process.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
    }

    public static void main(String[] args) throws Exception {
        MigrationPlan plan = Plans.of(new MigrationId(args[0]), Integer.parseInt(args[1]));
        Map<String, String> environment = System.getenv();
        ConnectionPool pool = Scene.pool(args[3], args[4], environment.getOrDefault(PASSWORD, ""));
        AtomicInteger times = new AtomicInteger();
        FaultPoints faultPoints = point -> {
            if (point.equals(args[6]) && times.incrementAndGet() == 10) {
                Runtime.getRuntime().halt(9);
            }
        };
        Applier applier = new Applier(
                Scene.settings(plan, args[2], Path.of(args[5], "process")),
                new LogTable(pool, plan.id(), "process"),
                new ControlTables(pool, DatabaseKind.POSTGRES).progress(),
                MigrationMetrics.NONE,
                faultPoints);
        applier.start();
        // Ends with its test, by signal; or by itself should the test have died.
        Thread.sleep(TimeUnit.MINUTES.toMillis(2));
        Runtime.getRuntime().halt(1);
    }
}
