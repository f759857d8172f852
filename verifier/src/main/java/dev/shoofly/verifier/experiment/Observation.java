package dev.shoofly.verifier.experiment;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What one run of an experiment showed.
 *
 * @param failure what the candidate or the comparison threw; null unless {@code result} is FAILED
 */
public record Observation(
        String name,
        Result result,
        Duration control,
        Duration candidate,
        @Nullable Throwable failure) {
    /** Of the candidate. */
    public enum Result {
        SAME,
        DIFFERS,
        FAILED
    }
}
