package dev.shoofly.model.throttle;

import java.time.Duration;
import java.util.List;
import java.util.Objects;

/**
 * How far replicas may fall behind.
 *
 * @param choice null means AUTO
 * @param urls JDBC URLs of the replicas to watch, without credentials: they are asked as the migration's own user; empty
 *     unless the choice is NAMED
 * @param maxLag of each of them; null means 500 ms
 */
public record ReplicaLimits(Choice choice, List<String> urls, Duration maxLag) {
    /** Which replicas are watched. */
    public enum Choice {
        /** Those that the server knows to be attached to it. */
        AUTO,
        NONE,
        NAMED
    }

    public static final ReplicaLimits DEFAULT = new ReplicaLimits(Choice.AUTO, List.of(), Duration.ofMillis(500));

    private static final Duration LEAST_LAG = Duration.ofMillis(10);
    private static final Duration MOST_LAG = Duration.ofHours(24);

    public ReplicaLimits {
        choice = Objects.requireNonNullElse(choice, Choice.AUTO);
        urls = urls == null ? List.of() : List.copyOf(urls);
        maxLag = Objects.requireNonNullElse(maxLag, Duration.ofMillis(500));
    }

    public static ReplicaLimits named(List<String> urls, Duration maxLag) {
        return new ReplicaLimits(Choice.NAMED, urls, maxLag);
    }

    void check(List<String> problems) {
        Ranges.check(problems, "max-lag", maxLag, LEAST_LAG, MOST_LAG);
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
}
