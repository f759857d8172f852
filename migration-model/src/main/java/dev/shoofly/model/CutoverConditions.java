package dev.shoofly.model;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * When the operator lets an attempt of the cut-over begin.
 *
 * @param window the text of a {@link CutoverWindow}; null: at any time
 * @param postponeFile no attempt begins while this file exists, where the process runs; null: none
 * @param forced gates that are not looked at; null, as in settings saved before there were any: none
 * @param killBlockers whom to end for the swap; null, likewise, means nobody
 * @param blockerPatience how long somebody must have been in the way before he is ended; null, likewise, means the default
 */
public record CutoverConditions(
        @Nullable String window,
        @Nullable String postponeFile,
        List<GateName> forced,
        KillBlockers killBlockers,
        Duration blockerPatience) {
    public static final Duration DEFAULT_PATIENCE = Duration.ofSeconds(10);
    public static final CutoverConditions DEFAULT =
            new CutoverConditions(null, null, List.of(), KillBlockers.OFF, DEFAULT_PATIENCE);

    public CutoverConditions {
        forced = forced == null ? List.of() : List.copyOf(forced);
        killBlockers = Objects.requireNonNullElse(killBlockers, KillBlockers.OFF);
        blockerPatience = Objects.requireNonNullElse(blockerPatience, DEFAULT_PATIENCE);
    }

    /** Within this window alone. */
    public static CutoverConditions within(String window) {
        return new CutoverConditions(window, null, List.of(), KillBlockers.OFF, DEFAULT_PATIENCE);
    }

    /** The same, postponed while this file exists. */
    public CutoverConditions postponedBy(String file) {
        return new CutoverConditions(window, file, forced, killBlockers, blockerPatience);
    }

    /** The same, ending these sessions once they have been waited for so long. */
    public CutoverConditions ending(KillBlockers whom, Duration patience) {
        return new CutoverConditions(window, postponeFile, forced, whom, patience);
    }
}
