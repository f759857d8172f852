package dev.shoofly.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What must be so before an attempt of the cut-over begins. Those whose skipping cannot lose a row can be forced. */
public enum GateName {
    /** Somebody has given the word. */
    APPROVAL("the word is given with 'cutover', and with --cutover auto nobody waits for it"),
    /** The clock is within {@code --cutover-window}. */
    WINDOW(null),
    /** The file of {@code --postpone-cutover-file} does not exist. */
    POSTPONE(null),
    /** No snapshot is older than the complete shadow. Forced: its transaction may read a half-filled table, and no row is lost. */
    SNAPSHOTS(null),
    /** No long transaction holds the table. Forced: the attempt is made, and given up when the lock is not granted in time. */
    HOLDERS(null),
    /** No prepared transaction is undecided. */
    PREPARED("a prepared transaction may hold rows that the log tells of and nobody can read yet:"
            + " swapped before it is decided, the new table would lack them"),
    /** No replica lags beyond its limit. Forced: who reads there sees the table as it was for longer, and no row is lost. */
    REPLICAS(null),
    /** No row is known to differ. */
    VERIFICATION(
            "rows that certainly differ would be lost with the old table, and rows that nobody compared may differ"),
    /** Rows that changed since they were compared were compared again. Forced: they are, but nobody waits for the last ones. */
    HOT_ROWS(null),
    /** Changes are applied within seconds. Forced: what is left is applied under the lock, or the attempt is given up. */
    LAG(null);

    private final @Nullable String whyNotForced;

    GateName(@Nullable String whyNotForced) {
        this.whyNotForced = whyNotForced;
    }

    /** As people write it. */
    public String key() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Whether it may be skipped. */
    public boolean mayBeForced() {
        return whyNotForced == null;
    }

    /**
     * Names of gates to skip, separated by commas.
     *
     * @throws IllegalArgumentException with what the text must be, or why a gate cannot be skipped
     */
    public static List<GateName> parseForced(String text) {
        List<GateName> gates = new ArrayList<>();
        for (String part : text.split(",", -1)) {
            GateName gate = Arrays.stream(values())
                    .filter(known -> known.key().equals(part.strip()))
                    .findFirst()
                    .orElseThrow(
                            () -> new IllegalArgumentException("must name gates that can be skipped: " + forcible()));
            if (gate.whyNotForced != null) {
                throw new IllegalArgumentException("cannot skip the gate " + gate.key() + ": " + gate.whyNotForced
                        + ". It must name some of " + forcible());
            }
            if (!gates.contains(gate)) {
                gates.add(gate);
            }
        }
        return List.copyOf(gates);
    }

    private static String forcible() {
        return Arrays.stream(values())
                .filter(GateName::mayBeForced)
                .map(GateName::key)
                .collect(Collectors.joining(", "));
    }
}
