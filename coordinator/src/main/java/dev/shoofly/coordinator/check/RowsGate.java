package dev.shoofly.coordinator.check;

import dev.shoofly.verifier.CheckReport;

/** What a comparison on demand means for the swap. */
final class RowsGate {
    static final String NAME = "rows";

    private RowsGate() {}

    /**
     * @param whyNot why rows that differ could not be told from rows under way
     * @param reached whether they could
     */
    static Gate of(CheckReport report, String whyNot, boolean reached) {
        if (report.mismatchCount() > 0) {
            return Gate.shut(NAME, report.mismatchCount() + " rows differ, and no change of them is on its way");
        }
        if (!report.unsettled().isEmpty()) {
            return Gate.shut(
                    NAME,
                    report.unsettled().size()
                            + " rows differ, and whether changes of them are on their way cannot be told: "
                            + report.unsettledBecause());
        }
        if (report.undecidedCount() > 0 && !reached) {
            return Gate.shut(
                    NAME,
                    report.undecidedCount()
                            + " rows differ at every look, and whether changes of them were on their way"
                            + " cannot be told: " + whyNot);
        }
        if (!report.complete()) {
            return Gate.shut(NAME, "the comparison ended early because of the number of rows that differ");
        }
        return Gate.open(
                NAME,
                report.rowsCompared() + " compared"
                        + (report.undecidedCount() == 0
                                ? ", equal"
                                : ", equal but for " + report.undecidedCount() + " that changed at every look"));
    }
}
