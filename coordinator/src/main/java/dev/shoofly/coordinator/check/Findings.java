package dev.shoofly.coordinator.check;

import dev.shoofly.model.MigrationState;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What was found on demand.
 *
 * @param source the live table, {@code shadow} the one that is compared with it
 * @param swap whether the next swap is the cut-over or the rollback
 * @param comparison null: nothing can be compared now, and the gates say why
 * @param gates all that was looked at
 * @param notes what is worth knowing and stands in no way
 */
public record Findings(
        String id,
        String source,
        String shadow,
        MigrationState state,
        Swap swap,
        @Nullable Comparison comparison,
        List<Gate> gates,
        List<String> notes) {
    public Findings {
        gates = List.copyOf(gates);
        notes = List.copyOf(notes);
    }

    /** Which swap is meant. */
    public enum Swap {
        CUTOVER,
        ROLLBACK
    }

    /**
     * The rows.
     *
     * @param lag rows that were equal as soon as a marker had passed
     * @param undecided rows that changed, or may have, at every look
     * @param rows those that differ or differed, as far as they are listed
     * @param unsettled keys of rows that differ; whether a change of them is on its way could not be asked
     * @param absent keys that neither side has
     */
    public record Comparison(
            long rowsCompared,
            double seconds,
            long mismatches,
            long repaired,
            long lag,
            long undecided,
            List<Row> rows,
            long unsettledCount,
            List<String> unsettled,
            List<String> absent,
            boolean complete) {
        public Comparison {
            rows = List.copyOf(rows);
            unsettled = List.copyOf(unsettled);
            absent = List.copyOf(absent);
        }

        public long rowsPerSecond() {
            return seconds <= 0 ? 0 : Math.round(rowsCompared / seconds);
        }
    }

    /**
     * One verdict.
     *
     * @param json as in the mismatches topic
     */
    public record Row(
            String key, String kind, List<String> columns, String classification, String repair, String json) {
        public Row {
            columns = List.copyOf(columns);
        }
    }

    /** Nothing that was looked at stands in the way of the swap. */
    public boolean isReady() {
        return gates.stream().allMatch(Gate::open);
    }

    /** Rows are known to differ, by this comparison or an earlier one. */
    public boolean differ() {
        return comparison != null && comparison.mismatches() > 0
                || gates.stream().anyMatch(gate -> !gate.open() && gate.name().equals(Readiness.MISMATCHES));
    }
}
