package dev.shoofly.servers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Downloads and unpacks the packages of libaio and libnuma with the system's apt, as any user. */
final class DebianPackages {
    private static final Duration DOWNLOAD_LIMIT = Duration.ofMinutes(1);
    private static final Duration UPDATE_LIMIT = Duration.ofMinutes(2);
    private static final Duration UNPACK_LIMIT = Duration.ofSeconds(20);

    /** For each library the package's names, the older one first. */
    private static final List<List<String>> PACKAGES = List.of(List.of("libaio1", "libaio1t64"), List.of("libnuma1"));

    private static final List<String> NETWORK_OPTIONS =
            List.of("-o", "Acquire::Retries=1", "-o", "Acquire::http::Timeout=15", "-o", "Acquire::https::Timeout=15");

    private final Path work;
    private final List<String> systemOptions;

    DebianPackages(Path work) {
        this(work, List.of());
    }

    /** With apt options that stand for another system configuration. */
    DebianPackages(Path work, List<String> systemOptions) {
        this.work = work;
        this.systemOptions = List.copyOf(systemOptions);
    }

    /** Unpacks the packages below the directory; returns why that failed, or an empty text. */
    String fetch() throws IOException {
        if (!onPath("apt-get") || !onPath("dpkg")) {
            return "apt-get and dpkg, which could fetch it, are not here either";
        }
        String failure = download(List.of());
        if (!failure.isEmpty()) {
            // The system's package lists may be empty, as in a container image: fetch lists of our own.
            List<String> ownLists = ownLists();
            Command.Result updated = apt(ownLists, UPDATE_LIMIT, "update");
            failure = updated.succeeded() ? download(ownLists) : said("apt-get update", updated);
        }
        return failure.isEmpty() ? unpack() : failure;
    }

    private String download(List<String> options) {
        for (List<String> names : PACKAGES) {
            Command.Result result = new Command.Result(1, "");
            for (String name : names) {
                result = apt(options, DOWNLOAD_LIMIT, "download", name);
                if (result.succeeded()) {
                    break;
                }
            }
            if (!result.succeeded()) {
                return said("apt-get download " + names.get(0), result);
            }
        }
        return "";
    }

    private Command.Result apt(List<String> options, Duration limit, String... verb) {
        List<String> words = new ArrayList<>(List.of("env", "-C", work.toString(), "apt-get", "-q"));
        words.addAll(NETWORK_OPTIONS);
        words.addAll(systemOptions);
        words.addAll(options);
        words.addAll(List.of(verb));
        return new Command(words, Map.of("LC_ALL", "C", "DEBIAN_FRONTEND", "noninteractive")).run(limit);
    }

    private List<String> ownLists() throws IOException {
        Path lists = work.resolve("apt/lists");
        Path archives = work.resolve("apt/cache/archives");
        Files.createDirectories(lists.resolve("partial"));
        Files.createDirectories(archives.resolve("partial"));
        return List.of(
                "-o",
                "Dir::State::lists=" + lists,
                "-o",
                "Dir::Cache=" + work.resolve("apt/cache"),
                "-o",
                // As root, apt would drop to a user that cannot enter this directory.
                "APT::Sandbox::User=root");
    }

    private String unpack() throws IOException {
        List<Path> packages;
        try (Stream<Path> files = Files.list(work)) {
            packages = files.filter(file -> file.toString().endsWith(".deb")).toList();
        }
        for (Path file : packages) {
            Command.Result result = Command.of(
                            "dpkg",
                            "-x",
                            file.toString(),
                            work.resolve("unpacked").toString())
                    .run(UNPACK_LIMIT);
            if (!result.succeeded()) {
                return said("dpkg -x " + file.getFileName(), result);
            }
        }
        return "";
    }

    private static String said(String command, Command.Result result) {
        return command + " failed with status " + result.status() + ": "
                + result.output().strip().replace('\n', ' ');
    }

    private static boolean onPath(String program) {
        return Stream.of(System.getenv().getOrDefault("PATH", "/usr/bin:/bin").split(":", -1))
                .anyMatch(directory -> Files.isExecutable(Path.of(directory, program)));
    }
}
