package dev.shoofly.model;

import java.util.List;

/**
 * Whether the old table can be kept up to date after the swap, and so be swapped back.
 *
 * @param reasons sentences without their stops; empty when it is safe
 */
public record RollbackFeasibility(Verdict verdict, List<String> reasons) {
    /** Every row that the new table can hold has its place in the old one. */
    public static final RollbackFeasibility SAFE = new RollbackFeasibility(Verdict.SAFE, List.of());

    public RollbackFeasibility {
        reasons = List.copyOf(reasons);
    }

    /** From best to worst. */
    public enum Verdict {
        SAFE,
        /** Some rows that the new table takes the old one would not, or only with another value in some column. */
        RISKY,
        IMPOSSIBLE
    }

    public static RollbackFeasibility impossible(String reason) {
        return new RollbackFeasibility(Verdict.IMPOSSIBLE, List.of(reason));
    }
}
