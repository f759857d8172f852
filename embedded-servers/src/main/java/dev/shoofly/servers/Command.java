package dev.shoofly.servers;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** A short-lived command, run to its end within a bounded time; it ends with this JVM like a server does. */
record Command(List<String> words, Map<String, String> environment) {
    static final int TIMED_OUT = -1;

    Command {
        words = List.copyOf(words);
        environment = Map.copyOf(environment);
    }

    static Command of(String... words) {
        return new Command(List.of(words), Map.of());
    }

    /** What came of it; {@code output} holds both of its streams. */
    record Result(int status, String output) {
        boolean succeeded() {
            return status == 0;
        }
    }

    Result run(Duration limit) {
        try {
            Path directory = Files.createTempDirectory("shoofly-command");
            try {
                return runIn(directory, limit);
            } finally {
                FileTree.delete(directory);
            }
        } catch (IOException e) {
            throw new ServerException("cannot run " + words.get(0) + ": " + e, e);
        }
    }

    private Result runIn(Path directory, Duration limit) throws IOException {
        Path output = directory.resolve("output");
        Guardian process = Guardian.start(
                new Guardian.Guarded(words, environment, output, directory.resolve("pid"), Guardian.StopSignal.TERM));
        boolean ended = process.awaitEnd(limit);
        if (!ended) {
            process.kill(Duration.ofSeconds(5));
        }
        String text = Files.exists(output) ? Files.readString(output, StandardCharsets.ISO_8859_1) : "";
        return ended
                ? new Result(process.exitStatus(), text)
                : new Result(TIMED_OUT, text + "\n(killed after " + limit.toSeconds() + " s)");
    }
}
