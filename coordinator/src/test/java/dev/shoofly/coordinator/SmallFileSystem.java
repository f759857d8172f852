package dev.shoofly.coordinator;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** A small file system of its own, which can really be filled. Making one takes the right to mount. */
final class SmallFileSystem implements AutoCloseable {
    private static final int STEP = 64 << 10;
    private final Path root;

    private SmallFileSystem(Path root) {
        this.root = root;
    }

    /** Skips the test where nothing can be mounted. */
    static SmallFileSystem mount(Path directory, int megabytes) throws IOException, InterruptedException {
        Files.createDirectories(directory);
        assumeTrue(
                command("mount", "-t", "tmpfs", "-o", "size=" + megabytes + "m", "tmpfs", directory.toString()),
                "needs the right to mount a file system");
        return new SmallFileSystem(directory);
    }

    Path root() {
        return root;
    }

    /** Leaves this much, whatever else was free. */
    void leave(long bytes) throws IOException {
        try (OutputStream out = Files.newOutputStream(ballast())) {
            byte[] step = new byte[STEP];
            for (long free = free(); free - STEP >= bytes; free = free()) {
                out.write(step);
            }
        }
    }

    void makeRoom() throws IOException {
        Files.delete(ballast());
    }

    long free() throws IOException {
        return Files.getFileStore(root).getUsableSpace();
    }

    private Path ballast() {
        return root.resolve("ballast");
    }

    private static boolean command(String... words) throws IOException, InterruptedException {
        Process process;
        try {
            process = new ProcessBuilder(words).redirectErrorStream(true).start();
        } catch (IOException missing) {
            return false;
        }
        process.getInputStream().readAllBytes();
        return process.waitFor(30, TimeUnit.SECONDS) && process.exitValue() == 0;
    }

    @Override
    public void close() throws IOException, InterruptedException {
        command("umount", "-l", root.toString());
    }
}
