package dev.shoofly.servers;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A child process that ends with this JVM, even after {@code kill -9}: a shell watches a pipe that only this JVM
 * holds open, and stops the process when the pipe closes. (A parent-death signal would be tied to a thread.)
 */
final class Guardian {
    /** How long the shell waits between the stop signal, SIGQUIT and SIGKILL once the JVM is gone. */
    private static final int GRACE_SECONDS = 5;

    private static final Path SET_SESSION = Path.of("/usr/bin/setsid");

    private final Process shell;
    private final ProcessHandle server;

    /** The end of the shell, and of the server should someone have killed the shell alone. */
    private final CompletableFuture<Void> end;

    private Guardian(Process shell, ProcessHandle server) {
        this.shell = shell;
        this.server = server;
        this.end = shell.onExit().thenRun(this::killWhatTheShellLeft);
    }

    /** Signal that asks a server to stop at once but orderly. */
    enum StopSignal {
        INT,
        TERM
    }

    /** What to run; the log receives all it prints, the file its process id while it runs. */
    record Guarded(
            List<String> command, Map<String, String> environment, Path log, Path pidFile, StopSignal stopSignal) {
        Guarded {
            command = List.copyOf(command);
            environment = Map.copyOf(environment);
        }
    }

    static Guardian start(Guarded guarded) {
        List<String> command = new ArrayList<>();
        // A session of its own: Ctrl-C in the terminal must reach the JVM, not the servers it still needs.
        if (Files.isExecutable(SET_SESSION)) {
            command.add(SET_SESSION.toString());
        }
        command.addAll(List.of("/bin/sh", "-c", script(), "shoofly-guardian"));
        command.addAll(List.of(guarded.log().toString(), guarded.pidFile().toString()));
        command.addAll(List.of(guarded.stopSignal().name(), Integer.toString(GRACE_SECONDS)));
        command.addAll(guarded.command());
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD);
        builder.environment().putAll(guarded.environment());
        try {
            return started(builder.start(), guarded);
        } catch (IOException e) {
            throw new ServerException("cannot start " + guarded.command().get(0) + ": " + e, e);
        }
    }

    private static Guardian started(Process shell, Guarded guarded) throws IOException {
        try (BufferedReader reader = shell.inputReader(StandardCharsets.US_ASCII)) {
            String pid = reader.readLine();
            if (pid == null) {
                throw new IOException("the guardian shell ended before it started the process");
            }
            Optional<ProcessHandle> handle = ProcessHandle.of(Long.parseLong(pid));
            return new Guardian(shell, handle.orElseGet(shell::toHandle));
        } catch (IOException | NumberFormatException e) {
            shell.destroyForcibly();
            throw new IOException(
                    "no process id from the guardian of " + guarded.command().get(0), e);
        }
    }

    private void killWhatTheShellLeft() {
        // The handle knows the start time: a recycled process id is never hit.
        server.destroyForcibly();
    }

    long processId() {
        return server.pid();
    }

    boolean isRunning() {
        return shell.isAlive();
    }

    int exitStatus() {
        return shell.exitValue();
    }

    /** Asks the process to stop; returns at once. */
    void stop() {
        order("stop");
    }

    /** Kills the process and all its descendants, and waits until they are gone or the time is over. */
    void kill(Duration limit) {
        long deadline = System.nanoTime() + limit.toNanos();
        // Looked up before the kill: orphans can no longer be found through their parent.
        List<ProcessHandle> family;
        try (Stream<ProcessHandle> descendants = server.descendants()) {
            family = descendants.toList();
        }
        order("kill");
        family.forEach(ProcessHandle::destroyForcibly);
        awaitEnd(limit);
        for (ProcessHandle member : family) {
            long left = Math.max(1, deadline - System.nanoTime());
            member.onExit()
                    .completeOnTimeout(member, left, TimeUnit.NANOSECONDS)
                    .join();
        }
    }

    /** Whether the process ended within the time. An interrupt does not shorten the wait: a stop is to be orderly. */
    boolean awaitEnd(Duration limit) {
        return end.thenApply(ended -> true)
                .completeOnTimeout(false, limit.toMillis(), TimeUnit.MILLISECONDS)
                .join();
    }

    private synchronized void order(String order) {
        try {
            OutputStream orders = shell.getOutputStream();
            orders.write((order + "\n").getBytes(StandardCharsets.US_ASCII));
            orders.flush();
        } catch (IOException e) {
            // The shell is gone, and so is the process: nothing is left to order.
            killWhatTheShellLeft();
        }
    }

    private static String script() {
        try (InputStream in = Guardian.class.getResourceAsStream("guardian.sh")) {
            if (in == null) {
                throw new ServerException("resource guardian.sh is not part of this build of embedded-servers");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
