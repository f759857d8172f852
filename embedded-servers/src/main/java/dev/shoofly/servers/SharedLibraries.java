package dev.shoofly.servers;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The shared libraries that mysqld needs from the system. What a bare Debian or Ubuntu lacks is fetched from its own
 * package archive into the cache, without installing anything and without root.
 */
final class SharedLibraries {
    private static final Logger log = LoggerFactory.getLogger(SharedLibraries.class);
    private static final String ENTRY = "mysql-libraries";
    private static final Duration PROBE_LIMIT = Duration.ofSeconds(20);
    private static final Pattern MISSING = Pattern.compile("error while loading shared libraries: ([^:]+):");
    private static final List<String> LIBRARIES = List.of("libaio.so.1", "libnuma.so.1");

    private final ServerCache cache;
    private final Path mySql;

    SharedLibraries(ServerCache cache, Path mySql) {
        this.cache = cache;
        this.mySql = mySql;
    }

    /** The environment in which mysqld finds all its libraries. */
    Map<String, String> environment() {
        String bundled = mySql.resolve("lib/private").toString();
        if (cache.has(ENTRY)) {
            return path(bundled, cache.entry(ENTRY, this::provision));
        }
        Map<String, String> plain = Map.of("LD_LIBRARY_PATH", bundled);
        Optional<String> missing = missing(plain);
        if (missing.isEmpty()) {
            return plain;
        }
        log.info("fetching the shared libraries that MySQL needs and this system lacks ({})", missing.get());
        Path provisioned = cache.entry(ENTRY, this::provision);
        Map<String, String> complete = path(bundled, provisioned);
        missing(complete).ifPresent(library -> {
            throw new ServerException(whatToInstall(
                    library, "the packages fetched into " + provisioned + " do not hold it; delete that directory"));
        });
        return complete;
    }

    private static Map<String, String> path(String bundled, Path provisioned) {
        return Map.of("LD_LIBRARY_PATH", bundled + File.pathSeparator + provisioned);
    }

    private Optional<String> missing(Map<String, String> environment) {
        Command.Result result =
                new Command(List.of(mySql.resolve("bin/mysqld").toString(), "--version"), environment).run(PROBE_LIMIT);
        if (result.succeeded()) {
            return Optional.empty();
        }
        Matcher matcher = MISSING.matcher(result.output());
        if (matcher.find()) {
            return Optional.of(matcher.group(1));
        }
        throw new ServerException("mysqld does not run on this machine (status " + result.status() + "):\n"
                + ServerHome.lastLines(result.output()));
    }

    private void provision(Path directory) throws IOException {
        Path work = Files.createTempDirectory("shoofly-packages");
        try {
            String failure = new DebianPackages(work).fetch();
            if (!failure.isEmpty()) {
                throw new ServerException(whatToInstall("libaio.so.1 or libnuma.so.1", failure));
            }
            for (String library : LIBRARIES) {
                Files.copy(find(work, library), directory.resolve(library));
            }
        } finally {
            FileTree.delete(work);
        }
    }

    /** Since the 64-bit time transition the file is named libaio.so.1t64; mysqld asks for the old name. */
    private static Path find(Path unpacked, String library) throws IOException {
        Set<String> names = Set.of(library, library + "t64");
        try (Stream<Path> files = Files.walk(unpacked)) {
            return files.filter(file -> names.contains(file.getFileName().toString()))
                    .findFirst()
                    .orElseThrow(() -> new ServerException(whatToInstall(library, "the system's package lacks it")));
        }
    }

    private static String whatToInstall(String library, String reason) {
        return "MySQL needs the shared library " + library + ", which this system lacks (" + reason
                + "). Install it and try again: `apt-get install libaio1 libnuma1` (Debian, Ubuntu; since"
                + " Ubuntu 24.04 and Debian 13 `apt-get install libaio1t64 libnuma1`), `dnf install libaio"
                + " numactl-libs` (Fedora, Red Hat).";
    }
}
