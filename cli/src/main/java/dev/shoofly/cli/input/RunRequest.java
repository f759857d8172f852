package dev.shoofly.cli.input;

import dev.shoofly.coordinator.RunnerSettings;
import dev.shoofly.model.DiskSettings;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/**
 * How the process that runs a migration is set up.
 *
 * @param bootstrapServers of a Kafka cluster; empty: a broker inside this process
 * @param metricsPort on loopback; empty: no metrics
 * @param api empty: none
 * @param applierThreads 0: appliers in other processes do the work
 * @param sharedSweepRows from so many rows on a table is compared by every process with that role
 * @param disk what is to be otherwise than saved with the migration
 * @param webhook to which events are posted; may hold a secret
 * @param sessionTimeout after this long without a sign of life an applier's partitions go to the others
 */
public record RunRequest(
        ConnectionRequest connection,
        Path dataDirectory,
        Optional<String> bootstrapServers,
        Optional<Integer> metricsPort,
        Optional<ApiRequest> api,
        int applierThreads,
        int sharedSweepRows,
        Duration sessionTimeout,
        boolean detach,
        DiskSettings.Change disk,
        Optional<URI> webhook) {
    public static final String DEFAULT_DATA_DIRECTORY = ".shoofly";
    public static final Duration DEFAULT_SESSION_TIMEOUT = Duration.ofSeconds(4);
    static final int DEFAULT_APPLIER_THREADS = 2;
    static final int MOST_THREADS = 64;
    private static final Duration SHORTEST_SESSION = Duration.ofSeconds(1);
    private static final Duration LONGEST_SESSION = Duration.ofMinutes(30);

    /** @throws UsageException with all problems */
    public static RunRequest of(Settings settings, Settings remembered) {
        Checks checks = new Checks(settings);
        RunRequest request = read(settings, remembered, checks);
        checks.throwIfAny();
        return request;
    }

    static RunRequest read(Settings settings, Settings remembered, Checks checks) {
        int threads = checks.whole(Setting.APPLIER_THREADS, DEFAULT_APPLIER_THREADS, 0, MOST_THREADS);
        Optional<String> bootstrapServers =
                settings.one(Setting.BOOTSTRAP_SERVERS).filter(text -> !text.isBlank());
        if (threads == 0 && bootstrapServers.isEmpty()) {
            checks.problem("--applier-threads 0 needs --bootstrap-servers: 'shoofly serve --roles applier' processes"
                    + " do the applying, and they cannot reach a broker inside this process");
        }
        return new RunRequest(
                ConnectionRequest.read(settings, remembered, checks),
                checks.path(Setting.DATA_DIR, DEFAULT_DATA_DIRECTORY),
                bootstrapServers,
                metricsPort(settings, checks),
                ApiRequest.read(settings, checks),
                threads,
                checks.whole(Setting.SHARED_SWEEP_ROWS, (int) RunnerSettings.SHARED_SWEEP_ROWS, 0, Integer.MAX_VALUE),
                sessionTimeout(checks),
                checks.flag(Setting.DETACH),
                DiskRequest.read(settings, checks),
                webhook(settings, checks));
    }

    /** What was typed is in no message: it may hold a secret. */
    private static Optional<URI> webhook(Settings settings, Checks checks) {
        Optional<String> text = settings.one(Setting.WEBHOOK);
        if (text.isEmpty()) {
            return Optional.empty();
        }
        try {
            URI address = new URI(text.get().strip());
            String scheme = String.valueOf(address.getScheme()).toLowerCase(Locale.ROOT);
            if ((scheme.equals("http") || scheme.equals("https")) && address.getHost() != null) {
                return Optional.of(address);
            }
        } catch (URISyntaxException e) {
            // Told below, without the text that the exception quotes.
        }
        checks.problem("--webhook must be an address of http:// or https:// with a host");
        return Optional.empty();
    }

    static Optional<Integer> metricsPort(Settings settings, Checks checks) {
        return settings.has(Setting.METRICS_PORT)
                ? Optional.of(checks.whole(Setting.METRICS_PORT, 0, 0, 65_535))
                : Optional.empty();
    }

    static Duration sessionTimeout(Checks checks) {
        return checks.duration(Setting.SESSION_TIMEOUT, DEFAULT_SESSION_TIMEOUT, SHORTEST_SESSION, LONGEST_SESSION);
    }
}
