package dev.shoofly.coordinator.disk;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Measures the file systems of this host. Any thread. */
@FunctionalInterface
public interface DiskMeter {
    DiskMeter OF_THIS_HOST = DiskMeter::measure;

    /** Empty when the path cannot be looked at. */
    Optional<Disk> diskOf(Path path);

    /**
     * @param identity equal for two paths on the same file system
     * @param freeBytes that the server's account can use, as far as this process's can
     */
    record Disk(Object identity, long freeBytes) {}

    private static Optional<Disk> measure(Path path) {
        try {
            FileStore store = Files.getFileStore(path);
            return Optional.of(new Disk(store, store.getUsableSpace()));
        } catch (IOException | SecurityException e) {
            return Optional.empty();
        }
    }
}
