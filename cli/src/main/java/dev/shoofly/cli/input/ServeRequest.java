package dev.shoofly.cli.input;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A process that takes over some of the work of migrations that other processes run.
 *
 * @param metricsPort on loopback; empty: no metrics
 * @param roles what it does; not empty
 * @param threads Streams threads per migration
 * @param choice id or table of the only migration to serve; empty: every one
 */
public record ServeRequest(
        ConnectionRequest connection,
        Path dataDirectory,
        String bootstrapServers,
        Optional<Integer> metricsPort,
        Set<Role> roles,
        int threads,
        Duration sessionTimeout,
        Optional<String> choice) {
    /** What a process can do for migrations that others run. */
    public enum Role {
        APPLIER,
        BACKFILL,
        VERIFIER;

        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }

        static Optional<Role> of(String word) {
            return Arrays.stream(values())
                    .filter(role -> role.word().equals(word))
                    .findFirst();
        }
    }

    private static final String OFFERED =
            Arrays.stream(Role.values()).map(Role::word).collect(Collectors.joining(", "));

    /** @throws UsageException with all problems */
    public static ServeRequest of(Settings settings, Settings remembered, Optional<String> choice) {
        Checks checks = new Checks(settings);
        Set<Role> roles = roles(
                checks.required(Setting.ROLES, "what this process does; this version offers: " + OFFERED), checks);
        String kafka = checks.required(
                Setting.BOOTSTRAP_SERVERS, "the Kafka cluster that the migration's own process was given");
        ServeRequest request = new ServeRequest(
                ConnectionRequest.read(settings, remembered, checks),
                checks.path(Setting.DATA_DIR, RunRequest.DEFAULT_DATA_DIRECTORY),
                kafka,
                RunRequest.metricsPort(settings, checks),
                roles,
                checks.whole(Setting.APPLIER_THREADS, RunRequest.DEFAULT_APPLIER_THREADS, 1, RunRequest.MOST_THREADS),
                RunRequest.sessionTimeout(checks),
                choice);
        checks.throwIfAny();
        return request;
    }

    private static Set<Role> roles(String text, Checks checks) {
        List<String> words = Arrays.stream(text.split(",")).map(String::strip).toList();
        List<String> unknown =
                words.stream().filter(word -> Role.of(word).isEmpty()).toList();
        if (!text.isBlank() && !unknown.isEmpty()) {
            checks.problem("--roles: this version offers " + OFFERED + ", not '" + String.join("', '", unknown)
                    + "'; 'shoofly migrate' runs all the other parts of a migration");
        }
        return words.stream().flatMap(word -> Role.of(word).stream()).collect(Collectors.toUnmodifiableSet());
    }
}
