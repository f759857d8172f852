package dev.shoofly.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CollectorLogTest {
    @TempDir
    private Path directory;

    @Test
    void pausesCountAndConcurrentWorkDoesNot() throws IOException {
        Path file = directory.resolve("collector.log");
        Files.writeString(file, """
                [0.010s][info][gc] Using G1
                [0.402s][info][gc] GC(0) Pause Young (Normal) (G1 Evacuation Pause) 24M->6M(256M) 2.345ms
                [0.902s][info][gc] GC(1) Concurrent Mark Cycle
                [0.910s][info][gc] GC(1) Pause Remark 90M->85M(256M) 1.500ms
                [0.950s][info][gc] GC(1) Concurrent Mark Cycle 48.000ms
                [1.402s][info][gc] GC(2) Pause Young (Mixed) (G1 Evacuation Pause) 120M->31M(256M) 12.000ms
                """);

        assertThat(CollectorLog.read(file)).isEqualTo(new CollectorLog(3, 12, 85, 31));
    }
}
