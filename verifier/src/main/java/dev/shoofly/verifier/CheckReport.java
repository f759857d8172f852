package dev.shoofly.verifier;

import dev.shoofly.model.RowKey;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link TableCheck} found.
 *
 * @param rowsCompared rows of the source
 * @param took comparing and deciding, pauses of the throttle included
 * @param found the last verdict on each row that one was passed on
 * @param mismatchCount rows that differ for certain
 * @param undecidedCount rows that changed at every look, or may have
 * @param repairedCount rows that differed, were written anew and are equal now
 * @param lagCount rows that were equal as soon as a marker had passed
 * @param unsettled rows that were seen to differ once; whether a change of them was on its way could not be asked
 * @param unsettledBecause why; null: there are none
 * @param absent keys that were asked for and that neither side has
 * @param complete false when it ended early because of too many rows that differ
 */
public record CheckReport(
        long rowsCompared,
        long chunks,
        Duration took,
        List<Mismatch> found,
        long mismatchCount,
        long undecidedCount,
        long repairedCount,
        long lagCount,
        List<RowKey> unsettled,
        @Nullable String unsettledBecause,
        List<RowKey> absent,
        boolean complete) {
    public CheckReport {
        found = List.copyOf(found);
        unsettled = List.copyOf(unsettled);
        absent = List.copyOf(absent);
    }
}
