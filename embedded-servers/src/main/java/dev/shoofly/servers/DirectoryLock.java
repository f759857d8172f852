package dev.shoofly.servers;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Keeps a data directory to one server at a time, within this JVM and between processes; ends with the JVM. */
final class DirectoryLock implements AutoCloseable {
    private final FileChannel channel;

    private DirectoryLock(FileChannel channel) {
        this.channel = channel;
    }

    static DirectoryLock take(Path directory, String server) {
        try {
            Files.createDirectories(directory);
            FileChannel channel =
                    FileChannel.open(directory.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            if (isTaken(channel)) {
                return new DirectoryLock(channel);
            }
        } catch (IOException e) {
            throw new ServerException("cannot use " + directory + " as the data directory of " + server + ": " + e, e);
        }
        throw new ServerException("the data directory " + directory + " is in use by another running " + server
                + ". Stop the process that uses it, or name another directory; nothing was changed.");
    }

    private static boolean isTaken(FileChannel channel) throws IOException {
        boolean taken = false;
        try {
            taken = channel.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            // Held within this JVM, which tells it apart from other processes only by this exception.
            taken = false;
        } finally {
            if (!taken) {
                channel.close();
            }
        }
        return taken;
    }

    private static void release(FileChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            throw new ServerException("cannot release a directory lock", e);
        }
    }

    @Override
    public void close() {
        release(channel);
    }
}
