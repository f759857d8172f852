package dev.shoofly.model.throttle;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;

/**
 * How far replicas may fall behind.
 *
 * @param choice null means AUTO
 * @param urls JDBC URLs of the replicas to watch, without credentials: they are asked as the migration's own user; empty
 *     unless the choice is NAMED
 * @param maxLag of each of them that has no limit of its own; null means 500 ms
 * @param own limits of single replicas, whether they are watched or not; null, as in older settings, means none
 */
public record ReplicaLimits(Choice choice, List<String> urls, Duration maxLag, List<ReplicaLag> own) {
    /** Which replicas are watched. */
    public enum Choice {
        /** Those that the server knows to be attached to it. */
        AUTO,
        NONE,
        NAMED
    }

    static final Duration DEFAULT_LAG = Duration.ofMillis(500);
    public static final ReplicaLimits DEFAULT = new ReplicaLimits(Choice.AUTO, List.of(), DEFAULT_LAG, List.of());

    private static final Duration LEAST_LAG = Duration.ofMillis(10);
    private static final Duration MOST_LAG = Duration.ofHours(24);

    public ReplicaLimits {
        choice = Objects.requireNonNullElse(choice, Choice.AUTO);
        urls = urls == null ? List.of() : List.copyOf(urls);
        maxLag = Objects.requireNonNullElse(maxLag, DEFAULT_LAG);
        own = own == null ? List.of() : List.copyOf(own);
    }

    /** Those that the server lists, all with the same limit. */
    public static ReplicaLimits listed(Duration maxLag) {
        return new ReplicaLimits(Choice.AUTO, List.of(), maxLag, List.of());
    }

    /** All with the same limit. */
    public static ReplicaLimits named(List<String> urls, Duration maxLag) {
        return new ReplicaLimits(Choice.NAMED, urls, maxLag, List.of());
    }

    /** The same, with these limits of single replicas and no others. */
    public ReplicaLimits with(List<ReplicaLag> single) {
        return new ReplicaLimits(choice, urls, maxLag, single);
    }

    /** @param names of one replica, the most exact first: the first that has a limit of its own counts */
    public Optional<Duration> ownLag(List<String> names) {
        return names.stream()
                .flatMap(name -> own.stream().filter(each -> each.isOf(name)))
                .map(ReplicaLag::maxLag)
                .findFirst();
    }

    void check(List<String> problems) {
        Ranges.check(problems, "max-lag", maxLag, LEAST_LAG, MOST_LAG);
        checkOwn(problems);
        if (choice == Choice.NAMED && urls.isEmpty()) {
            problems.add("replica names no replica; 'none' watches none");
        }
        if (choice != Choice.NAMED && !urls.isEmpty()) {
            problems.add("replica is either 'auto' or 'none' or a list of JDBC URLs, not both");
        }
        if (urls.stream().distinct().count() < urls.size()) {
            problems.add("replica names a replica twice");
        }
    }

    private void checkOwn(List<String> problems) {
        for (ReplicaLag each : own) {
            Ranges.check(problems, "max-lag of " + each.replica(), each.maxLag(), LEAST_LAG, MOST_LAG);
        }
        if (own.stream().anyMatch(each -> each.replica().isBlank())) {
            problems.add("max-lag has a limit for a replica without a name");
        }
        long names = own.stream()
                .map(each -> each.replica().toLowerCase(Locale.ROOT))
                .distinct()
                .count();
        if (names < own.size()) {
            problems.add("max-lag names a replica twice");
        }
    }
}
