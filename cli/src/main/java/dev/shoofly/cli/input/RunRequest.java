package dev.shoofly.cli.input;

import java.nio.file.Path;
import java.util.Optional;

/**
 * How the process that runs a migration is set up.
 *
 * @param bootstrapServers of a Kafka cluster; empty: a broker inside this process
 * @param metricsPort on loopback; empty: no metrics
 */
public record RunRequest(
        ConnectionRequest connection,
        Path dataDirectory,
        Optional<String> bootstrapServers,
        Optional<Integer> metricsPort,
        int applierThreads,
        boolean detach) {
    public static final String DEFAULT_DATA_DIRECTORY = ".shoofly";
    static final int DEFAULT_APPLIER_THREADS = 2;

    /** @throws UsageException with all problems */
    public static RunRequest of(Settings settings, Settings remembered) {
        Checks checks = new Checks(settings);
        RunRequest request = read(settings, remembered, checks);
        checks.throwIfAny();
        return request;
    }

    static RunRequest read(Settings settings, Settings remembered, Checks checks) {
        Optional<Integer> port = settings.has(Setting.METRICS_PORT)
                ? Optional.of(checks.whole(Setting.METRICS_PORT, 0, 0, 65_535))
                : Optional.empty();
        return new RunRequest(
                ConnectionRequest.read(settings, remembered, checks),
                checks.path(Setting.DATA_DIR, DEFAULT_DATA_DIRECTORY),
                settings.one(Setting.BOOTSTRAP_SERVERS).filter(text -> !text.isBlank()),
                port,
                checks.whole(Setting.APPLIER_THREADS, DEFAULT_APPLIER_THREADS, 1, 64),
                checks.flag(Setting.DETACH));
    }
}
