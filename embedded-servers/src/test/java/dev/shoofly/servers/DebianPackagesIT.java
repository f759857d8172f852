package dev.shoofly.servers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DebianPackagesIT {
    @TempDir
    Path work;

    @TempDir
    Path emptyLists;

    @Test
    void fetchesTheLibrariesWhereTheSystemHasNoPackageLists() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/apt-get")), "needs apt");
        String failure = new DebianPackages(work, List.of("-o", "Dir::State::lists=" + emptyLists)).fetch();
        assumeTrue(!failure.contains("resolve") && !failure.contains("onnect"), "needs a package archive");
        assertThat(failure).isEmpty();
        try (Stream<Path> files = Files.walk(work)) {
            assertThat(files.map(file -> file.getFileName().toString())).contains("libaio.so.1", "libnuma.so.1");
        }
    }
}
