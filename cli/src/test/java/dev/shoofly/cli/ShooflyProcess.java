package dev.shoofly.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.servers.fixture.ChildJvm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The command in a JVM of its own, as a shell would start it. Close ends it, whatever it does. */
final class ShooflyProcess implements AutoCloseable {
    private final Process process;
    private final Path out;
    private final Path err;

    private ShooflyProcess(Process process, Path out, Path err) {
        this.process = process;
        this.out = out;
        this.err = err;
    }

    /** @param directory where it runs, and where its output is kept */
    static ShooflyProcess start(Path directory, Map<String, String> environment, List<String> arguments)
            throws IOException {
        Path out = Files.createTempFile(directory, "run", ".out");
        Path err = Files.createTempFile(directory, "run", ".err");
        List<String> command =
                new ArrayList<>(ChildJvm.command(Main.class, "768m", "dev.shoofly.applier.PartitionTask"));
        command.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile());
        builder.environment().putAll(environment);
        return new ShooflyProcess(builder.start(), out, err);
    }

    /** Runs to the end. */
    int exitCode(Duration limit) throws InterruptedException {
        assertThat(process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS))
                .as("still running after %s; standard error so far: %s", limit, err())
                .isTrue();
        return process.exitValue();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** As Ctrl-C does. */
    void interrupt() throws IOException, InterruptedException {
        signal("INT");
    }

    /** {@code kill -NAME}. */
    void signal(String name) throws IOException, InterruptedException {
        assertThat(new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                        .start()
                        .waitFor())
                .isZero();
    }

    /** Whether SIGSTOP has stopped it. */
    boolean isStopped() {
        try {
            String stat = Files.readString(Path.of("/proc", Long.toString(process.pid()), "stat"));
            return stat.substring(stat.lastIndexOf(')')).startsWith(") T");
        } catch (IOException e) {
            return false;
        }
    }

    long pid() {
        return process.pid();
    }

    /** Without a chance to close anything. */
    void kill() {
        process.destroyForcibly().onExit().join();
    }

    String out() {
        return read(out);
    }

    String err() {
        return read(err);
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new AssertionError("cannot read " + file, e);
        }
    }

    @Override
    public void close() {
        kill();
    }
}
