package dev.shoofly.cli.input;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A process that takes over some of the work of migrations that other processes run.
 *
 * @param metricsPort on loopback; empty: no metrics
 * @param threads Streams threads per migration
 * @param choice id or table of the only migration to serve; empty: every one
 */
public record ServeRequest(
        ConnectionRequest connection,
        Path dataDirectory,
        String bootstrapServers,
        Optional<Integer> metricsPort,
        int threads,
        Duration sessionTimeout,
        Optional<String> choice) {
    private static final String OFFERED = "applier";

    /** @throws UsageException with all problems */
    public static ServeRequest of(Settings settings, Settings remembered, Optional<String> choice) {
        Checks checks = new Checks(settings);
        roles(checks.required(Setting.ROLES, "what this process does; this version offers: " + OFFERED), checks);
        String kafka = checks.required(
                Setting.BOOTSTRAP_SERVERS, "the Kafka cluster that the migration's own process was given");
        ServeRequest request = new ServeRequest(
                ConnectionRequest.read(settings, remembered, checks),
                checks.path(Setting.DATA_DIR, RunRequest.DEFAULT_DATA_DIRECTORY),
                kafka,
                RunRequest.metricsPort(settings, checks),
                checks.whole(Setting.APPLIER_THREADS, RunRequest.DEFAULT_APPLIER_THREADS, 1, RunRequest.MOST_THREADS),
                RunRequest.sessionTimeout(checks),
                choice);
        checks.throwIfAny();
        return request;
    }

    private static void roles(String text, Checks checks) {
        List<String> unknown = Arrays.stream(text.split(","))
                .map(String::strip)
                .filter(role -> !role.equals(OFFERED))
                .toList();
        if (!text.isBlank() && !unknown.isEmpty()) {
            checks.problem("--roles: this version offers " + OFFERED + " only, not '" + String.join("', '", unknown)
                    + "'; 'shoofly migrate' runs all the other parts of a migration");
        }
    }
}
