package dev.shoofly.model.throttle;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How busy the server may be.
 *
 * @param maxLoad beyond these the work slows down; our own sessions count, as the server counts them
 * @param criticalLoad beyond one of these, twice in a row, the migration stops altogether
 * @param criticalAction null means PAUSE
 * @param maxCommitLatency of one small transaction of our own, 90 of 100 of which may take no longer; zero: not watched;
 *     null: chosen from what commits took before the copy began, and in force while other clients work on the server
 */
public record LoadLimits(
        List<LoadLimit> maxLoad,
        List<LoadLimit> criticalLoad,
        CriticalAction criticalAction,
        @Nullable Duration maxCommitLatency) {
    public static final LoadLimits DEFAULT = new LoadLimits(List.of(), List.of(), CriticalAction.PAUSE, null);

    private static final Duration LEAST_LATENCY = Duration.ofMillis(1);
    private static final Duration MOST_LATENCY = Duration.ofMinutes(1);

    public LoadLimits {
        maxLoad = maxLoad == null ? List.of() : List.copyOf(maxLoad);
        criticalLoad = criticalLoad == null ? List.of() : List.copyOf(criticalLoad);
        criticalAction = Objects.requireNonNullElse(criticalAction, CriticalAction.PAUSE);
    }

    void check(List<String> problems) {
        check(problems, "max-load", maxLoad);
        check(problems, "critical-load", criticalLoad);
        if (maxCommitLatency != null && !maxCommitLatency.isZero()) {
            Ranges.check(problems, "max-commit-latency", maxCommitLatency, LEAST_LATENCY, MOST_LATENCY);
        }
        for (LoadLimit critical : criticalLoad) {
            maxLoad.stream()
                    .filter(max ->
                            max.variable().equalsIgnoreCase(critical.variable()) && max.limit() >= critical.limit())
                    .forEach(max -> problems.add("critical-load " + critical + " must lie above max-load " + max
                            + ": else the work would end" + " before it slows down"));
        }
    }

    private static void check(List<String> problems, String knob, List<LoadLimit> limits) {
        for (LoadLimit limit : limits) {
            if (!(limit.limit() > 0) || Double.isInfinite(limit.limit())) {
                problems.add(knob + " must have limits above 0, not " + limit);
            }
        }
        long names = limits.stream()
                .map(limit -> limit.variable().toLowerCase(java.util.Locale.ROOT))
                .distinct()
                .count();
        if (names < limits.size()) {
            problems.add(knob + " names a variable twice");
        }
    }
}
