package dev.shoofly.database.throttle;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FlagFilesTest {
    @TempDir
    private Path directory;

    @Test
    void eachFileStopsWhileItExists() throws IOException {
        Path first = directory.resolve("first");
        Path second = directory.resolve("second");
        FlagFiles flags = new FlagFiles(List.of(first, second));
        assertThat(flags.read()).extracting(Reading::pressure).containsExactly(0.0, 0.0);
        Files.createFile(second);
        assertThat(flags.read()).extracting(Reading::pressure).containsExactly(0.0, Reading.STOP);
        assertThat(flags.read().get(1).sentence()).isEqualTo("flag file " + second + " exists");
        Files.delete(second);
        assertThat(flags.read()).extracting(Reading::pressure).containsExactly(0.0, 0.0);
    }
}
