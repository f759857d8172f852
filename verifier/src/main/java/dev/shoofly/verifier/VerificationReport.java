package dev.shoofly.verifier;

import dev.shoofly.model.RowKey;
import java.util.List;

/**
 * What a pass found.
 *
 * @param rowsCompared rows of the source
 * @param mismatches the first {@link #LISTED} of {@code mismatchCount}
 * @param undecided the first {@link #LISTED} of {@code undecidedCount} keys that changed all the time
 * @param repairedCount rows that differed, were written anew and are equal now
 * @param lagCount rows that were equal as soon as a marker had passed
 * @param complete false when the pass ended early because of too many mismatches
 */
public record VerificationReport(
        long rowsCompared,
        long chunks,
        long mismatchCount,
        List<Mismatch> mismatches,
        long undecidedCount,
        List<RowKey> undecided,
        long repairedCount,
        long lagCount,
        boolean complete) {
    /** Most findings of a kind that a report names. */
    public static final int LISTED = 20;

    public VerificationReport {
        mismatches = List.copyOf(mismatches);
        undecided = List.copyOf(undecided);
    }

    /** Every row was compared and found equal. */
    public boolean isClean() {
        return complete && mismatchCount == 0 && undecidedCount == 0;
    }

    /** For people, without values of rows. */
    public String message() {
        StringBuilder text = new StringBuilder()
                .append(rowsCompared)
                .append(" rows compared in ")
                .append(chunks)
                .append(" chunks, ");
        text.append(mismatchCount == 0 ? "no mismatch" : mismatchCount + " mismatches");
        mismatches.stream()
                .findFirst()
                .ifPresent(first -> text.append(" (the first: key ")
                        .append(first.key())
                        .append(' ')
                        .append(first.kind().name().toLowerCase(java.util.Locale.ROOT))
                        .append(first.columns().isEmpty() ? "" : " in " + String.join(", ", first.columns()))
                        .append(')'));
        if (repairedCount > 0) {
            text.append("; ").append(repairedCount).append(" rows differed and were written anew from the source");
        }
        if (undecidedCount > 0) {
            text.append("; ")
                    .append(undecidedCount)
                    .append(" keys changed so often that they could not be compared (the first: ")
                    .append(undecided.get(0))
                    .append("): they count neither as equal nor as different. Verify again when they are quieter");
        }
        if (!complete) {
            text.append(
                    "; ended early because of the number of mismatches, which is more than just a row: the true number may be greater");
        }
        return text.toString();
    }
}
