package dev.shoofly.servers;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * One server's directory: its data, its log, the port and the password it keeps over restarts. Locked while this
 * object is open.
 */
final class ServerHome implements AutoCloseable {
    private static final Duration LEFTOVER_LIMIT = Duration.ofSeconds(20);
    private static final long LOG_LIMIT_BYTES = 16L << 20;
    private static final int TAIL_LINES = 20;

    private final Path root;
    private final String server;
    private final DirectoryLock lock;

    private ServerHome(Path root, String server, DirectoryLock lock) {
        this.root = root;
        this.server = server;
        this.lock = lock;
    }

    /** Takes the directory; a server that a killed JVM left there is given the time to end. */
    static ServerHome open(Path directory, String server) {
        Path root = directory.toAbsolutePath().normalize();
        ServerHome home = new ServerHome(root, server, DirectoryLock.take(root, server));
        try {
            home.awaitEndOfLeftover();
            return home;
        } catch (IOException | RuntimeException e) {
            home.close();
            throw e instanceof ServerException known ? known : new ServerException("cannot use " + root + ": " + e, e);
        }
    }

    Path root() {
        return root;
    }

    Path data() {
        return root.resolve("data");
    }

    Path log() {
        return root.resolve("server.log");
    }

    Path pidFile() {
        return root.resolve("server.pid");
    }

    /** Copies the template's data and password if this directory has none; a half-made copy is never used. */
    void fillFrom(Path template) throws IOException {
        if (Files.isDirectory(data())) {
            return;
        }
        Path copy = root.resolve("data.copying");
        FileTree.delete(copy);
        FileTree.copy(template.resolve("data"), copy);
        for (String file : new String[] {"password", "database"}) {
            Files.copy(
                    template.resolve(file),
                    root.resolve(file),
                    StandardCopyOption.REPLACE_EXISTING,
                    StandardCopyOption.COPY_ATTRIBUTES);
        }
        Files.move(copy, data(), StandardCopyOption.ATOMIC_MOVE);
    }

    String password() throws IOException {
        return Files.readString(root.resolve("password")).strip();
    }

    void requireDatabase(String database) throws IOException {
        String found = Files.readString(root.resolve("database")).strip();
        if (!found.equals(database)) {
            throw new ServerException("the data directory " + root + " was made for the database " + found
                    + ", not for " + database + ". Name another directory or that database; nothing was changed.");
        }
    }

    OptionalInt rememberedPort() throws IOException {
        Path file = root.resolve("port");
        return Files.exists(file)
                ? OptionalInt.of(Integer.parseInt(Files.readString(file).strip()))
                : OptionalInt.empty();
    }

    void rememberPort(int port) throws IOException {
        Files.writeString(root.resolve("port"), port + "\n");
    }

    /** The size of the log now; an overlong log is put aside first. */
    long logMark() throws IOException {
        if (!Files.exists(log())) {
            return 0;
        }
        if (Files.size(log()) > LOG_LIMIT_BYTES) {
            Files.move(log(), root.resolve("server.log.old"), StandardCopyOption.REPLACE_EXISTING);
            return 0;
        }
        return Files.size(log());
    }

    String logSince(long mark) throws IOException {
        if (!Files.exists(log())) {
            return "";
        }
        byte[] bytes = Files.readAllBytes(log());
        int from = (int) Math.min(mark, bytes.length);
        return new String(bytes, from, bytes.length - from, StandardCharsets.UTF_8);
    }

    static String lastLines(String text) {
        Deque<String> lines = new ArrayDeque<>();
        text.lines().filter(line -> !line.isBlank()).forEach(line -> {
            lines.add(line);
            if (lines.size() > TAIL_LINES) {
                lines.remove();
            }
        });
        return lines.isEmpty() ? "  (nothing)" : "  " + String.join("\n  ", lines);
    }

    private void awaitEndOfLeftover() throws IOException {
        Optional<ProcessHandle> leftover = leftover();
        if (leftover.isEmpty()) {
            return;
        }
        long end = System.nanoTime() + LEFTOVER_LIMIT.toNanos();
        while (leftover().isPresent()) {
            if (System.nanoTime() > end) {
                throw new ServerException("process " + leftover.get().pid() + " still runs " + server + " on " + root
                        + ", " + LEFTOVER_LIMIT.toSeconds() + " s after its owner ended. End it with `kill "
                        + leftover.get().pid() + "` and try again.");
            }
            Waiting.shortly();
        }
    }

    private Optional<ProcessHandle> leftover() throws IOException {
        if (!Files.exists(pidFile())) {
            return Optional.empty();
        }
        String pid = Files.readString(pidFile()).strip();
        if (pid.isEmpty()) {
            return Optional.empty();
        }
        Path commandLine = Path.of("/proc", pid, "cmdline");
        // The id may have been recycled since: only a process that names this directory counts.
        return Files.exists(commandLine) && Files.readString(commandLine).contains(data().toString())
                ? ProcessHandle.of(Long.parseLong(pid))
                : Optional.empty();
    }

    @Override
    public void close() {
        lock.close();
    }
}
