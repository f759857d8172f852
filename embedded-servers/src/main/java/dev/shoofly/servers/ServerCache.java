package dev.shoofly.servers;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * The per-user directory of unpacked servers and initialised data templates. An entry appears by one rename once it
 * is complete; a lock file makes concurrent processes wait for the one that builds it.
 */
final class ServerCache {
    /** The property that moves the cache away from {@code ~/.cache/shoofly}. */
    static final String PROPERTY = "shoofly.cache";

    // A file lock excludes other processes only; within this JVM a second lock attempt would throw.
    private static final Object WITHIN_THIS_JVM = new Object();

    private final Path root;

    ServerCache(Path root) {
        this.root = root;
    }

    /** Fills an empty directory with an entry's content. */
    @FunctionalInterface
    interface Content {
        void writeTo(Path directory) throws IOException;
    }

    static ServerCache ofUser() {
        return new ServerCache(base().resolve("servers").toAbsolutePath());
    }

    private static Path base() {
        String given = System.getProperty(PROPERTY);
        if (given != null && !given.isBlank()) {
            return Path.of(given);
        }
        String xdg = System.getenv("XDG_CACHE_HOME");
        return xdg != null && xdg.startsWith("/") ? Path.of(xdg, "shoofly") : home().resolve(".cache/shoofly");
    }

    private static Path home() {
        Path known = Path.of(System.getProperty("user.home", "?"));
        String variable = System.getenv("HOME");
        // A user without a name has no home in the system's list of users.
        return known.isAbsolute() || variable == null ? known : Path.of(variable);
    }

    boolean has(String name) {
        return Files.isDirectory(root.resolve(name));
    }

    /** The directory of this entry, built by {@code content} if it is not there yet. */
    Path entry(String name, Content content) {
        Path entry = root.resolve(name);
        if (Files.isDirectory(entry)) {
            return entry;
        }
        synchronized (WITHIN_THIS_JVM) {
            createRoot();
            try (FileChannel channel = FileChannel.open(
                            root.resolve("." + name + ".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    FileLock lock = channel.lock()) {
                if (!Files.isDirectory(entry)) {
                    build(entry, content);
                }
                assert lock.isValid();
                return entry;
            } catch (IOException e) {
                throw new ServerException(
                        "cannot prepare " + entry + ": " + e + ". Free some space there, or set -D" + PROPERTY
                                + "=DIRECTORY to keep the embedded servers elsewhere.",
                        e);
            }
        }
    }

    private void createRoot() {
        try {
            Files.createDirectories(
                    root, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        } catch (IOException e) {
            throw new ServerException(
                    "cannot create the cache directory " + root + " for the embedded servers: " + e + ". Set -D"
                            + PROPERTY + "=DIRECTORY to a writable place.",
                    e);
        }
    }

    private void build(Path entry, Content content) throws IOException {
        String prefix = "." + entry.getFileName() + ".building-";
        // Under the lock, whatever carries this prefix was left by a process that died while building.
        try (DirectoryStream<Path> leftovers = Files.newDirectoryStream(root, prefix + "*")) {
            for (Path leftover : leftovers) {
                FileTree.delete(leftover);
            }
        }
        Path building = Files.createTempDirectory(root, prefix);
        try {
            content.writeTo(building);
            Files.move(building, entry, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            FileTree.delete(building);
        }
    }
}
