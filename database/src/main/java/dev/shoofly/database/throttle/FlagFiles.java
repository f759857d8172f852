package dev.shoofly.database.throttle;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** Stands for "stop" while one of some files exists. */
final class FlagFiles implements LoadSignal {
    private static final Duration EVERY = Duration.ofMillis(200);
    private final List<Path> files;

    FlagFiles(List<Path> files) {
        this.files = List.copyOf(files);
    }

    @Override
    public List<Reading> read() {
        return files.stream().map(FlagFiles::read).toList();
    }

    private static Reading read(Path file) {
        String name = "flag file " + file;
        return Files.exists(file)
                ? Reading.stop(SignalKind.FLAG_FILE, name, "exists")
                : Reading.calm(SignalKind.FLAG_FILE, name, "does not exist");
    }

    @Override
    public Duration every() {
        return EVERY;
    }
}
