package dev.shoofly.verifier;

import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.VerifySettings;
import java.time.Duration;

/**
 * How much is compared at a time, and how long is waited for what.
 *
 * @param chunkRows source rows per comparison
 * @param markerTimeout longest wait for one marker to be delivered or applied, before that is tried again
 * @param inFlightLimit how long a key that changes without pause is looked at again before it is left undecided
 * @param choices the operator's
 * @param mostMismatches the pass ends early beyond this number: something is wrong then, not just a row
 */
public record VerificationSettings(
        MigrationPlan plan,
        int chunkRows,
        Duration markerTimeout,
        Duration inFlightLimit,
        int mostMismatches,
        VerifySettings choices) {

    public VerificationSettings {
        if (chunkRows < 1 || mostMismatches < 1) {
            throw new IllegalArgumentException("a verification needs a row per chunk and a mismatch to stop at: "
                    + chunkRows + ", " + mostMismatches);
        }
    }

    public static VerificationSettings of(MigrationPlan plan, int chunkRows, VerifySettings choices) {
        return new VerificationSettings(
                plan, chunkRows, Duration.ofSeconds(30), Duration.ofSeconds(60), 10_000, choices);
    }
}
