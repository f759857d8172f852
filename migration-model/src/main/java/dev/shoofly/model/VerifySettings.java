package dev.shoofly.model;

/**
 * What the operator asked of the verification.
 *
 * @param repairLimit most rows that are repaired in one migration: with more, something is wrong and not just a row
 */
public record VerifySettings(RepairMode repair, int repairLimit, MismatchPayload payload) {
    public static final VerifySettings DEFAULT = new VerifySettings(RepairMode.AUTO, 100, MismatchPayload.REDACTED);

    public VerifySettings {
        if (repairLimit < 0) {
            throw new IllegalArgumentException("a negative repair limit: " + repairLimit);
        }
    }
}
