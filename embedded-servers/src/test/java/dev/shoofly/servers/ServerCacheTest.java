package dev.shoofly.servers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServerCacheTest {
    @TempDir
    Path root;

    private ServerCache cache;

    @BeforeEach
    void openCache() {
        cache = new ServerCache(root);
    }

    @Test
    void buildsAnEntryOnceHoweverManyAskForIt() {
        AtomicInteger builds = new AtomicInteger();
        IntStream.range(0, 8)
                .parallel()
                .forEach(any -> cache.entry("it", directory -> {
                    builds.incrementAndGet();
                    Files.writeString(directory.resolve("file"), "content");
                }));
        assertThat(builds).hasValue(1);
        assertThat(root.resolve("it/file")).hasContent("content");
    }

    @Test
    void aFailedBuildLeavesNothingAndIsTriedAgain() throws Exception {
        assertThatThrownBy(() -> cache.entry("it", directory -> {
                    Files.writeString(directory.resolve("half"), "");
                    throw new IOException("no space");
                }))
                .isInstanceOf(ServerException.class)
                .hasMessageContaining("no space")
                .hasMessageContaining("-Dshoofly.cache");
        assertThat(visibleEntries()).isEmpty();
        cache.entry("it", directory -> Files.writeString(directory.resolve("whole"), ""));
        assertThat(root.resolve("it/whole")).exists();
        assertThat(root.resolve("it/half")).doesNotExist();
    }

    @Test
    void removesWhatAKilledBuilderLeft() throws Exception {
        Path leftover = Files.createDirectory(root.resolve(".it.building-123"));
        Files.writeString(leftover.resolve("half"), "");
        cache.entry("it", directory -> Files.writeString(directory.resolve("whole"), ""));
        assertThat(leftover).doesNotExist();
    }

    private List<Path> visibleEntries() throws IOException {
        try (Stream<Path> entries = Files.list(root)) {
            return entries.filter(entry -> !entry.getFileName().toString().endsWith(".lock"))
                    .toList();
        }
    }
}
