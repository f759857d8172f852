package dev.shoofly.servers;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GuardianTest {
    private static final Duration LIMIT = Duration.ofSeconds(10);

    @TempDir
    Path directory;

    @Test
    void passesOnTheStatusAndTheOutputOfACommand() throws Exception {
        Guardian guardian = start("sh", "-c", "echo out; echo err >&2; exit 7");
        assertThat(guardian.awaitEnd(LIMIT)).isTrue();
        assertThat(guardian.exitStatus()).isEqualTo(7);
        assertThat(Files.readString(directory.resolve("log"))).contains("out").contains("err");
        assertThat(directory.resolve("pid")).doesNotExist();
    }

    @Test
    void stopsACommandWithItsSignal() {
        Guardian guardian = start("sleep", "60");
        assertThat(directory.resolve("pid")).hasContent(Long.toString(guardian.processId()));
        guardian.stop();
        assertThat(guardian.awaitEnd(LIMIT)).isTrue();
    }

    @Test
    void killsACommandThatIgnoresItsSignalWithItsChildren() {
        Guardian guardian = start("sh", "-c", "trap '' TERM INT; sleep 60; sleep 60");
        ProcessHandle command = ProcessHandle.of(guardian.processId()).orElseThrow();
        while (command.children().findAny().isEmpty()) {
            Thread.onSpinWait();
        }
        ProcessHandle child = command.children().findAny().orElseThrow();
        guardian.stop();
        guardian.kill(LIMIT);
        assertThat(guardian.isRunning()).isFalse();
        assertThat(command.isAlive()).isFalse();
        assertThat(child.isAlive()).isFalse();
    }

    @Test
    void anInterruptedThreadStillWaitsForAnOrderlyEnd() {
        Guardian guardian = start("sh", "-c", "sleep 0.3; exit 5");
        Thread.currentThread().interrupt();
        assertThat(guardian.awaitEnd(LIMIT)).isTrue();
        assertThat(Thread.interrupted()).isTrue();
        assertThat(guardian.exitStatus()).isEqualTo(5);
    }

    @Test
    void aCommandThatDoesNotExistFailsWithTheShellsStatus() {
        Guardian guardian = start("/does/not/exist");
        assertThat(guardian.awaitEnd(LIMIT)).isTrue();
        assertThat(guardian.exitStatus()).isEqualTo(127);
    }

    @Test
    void aCommandThatRunsTooLongIsKilled() {
        Command.Result result = Command.of("sleep", "60").run(Duration.ofMillis(200));
        assertThat(result.status()).isEqualTo(Command.TIMED_OUT);
        assertThat(result.succeeded()).isFalse();
    }

    private Guardian start(String... words) {
        return Guardian.start(new Guardian.Guarded(
                List.of(words),
                Map.of(),
                directory.resolve("log"),
                directory.resolve("pid"),
                Guardian.StopSignal.TERM));
    }
}
