package dev.shoofly.verifier;

import dev.shoofly.model.RowKey;
import java.util.ArrayList;
import java.util.List;

/** Adds up a report. One thread. */
final class Findings {
    private final List<Mismatch> mismatches = new ArrayList<>();
    private final List<RowKey> undecided = new ArrayList<>();
    private long mismatchCount;
    private long undecidedCount;

    void add(SuspectCheck.Verdict verdict) {
        mismatchCount += verdict.stable().size();
        undecidedCount += verdict.undecided().size();
        addUpTo(VerificationReport.LISTED, mismatches, verdict.stable());
        addUpTo(
                VerificationReport.LISTED,
                undecided,
                verdict.undecided().stream().map(Mismatch::key).toList());
    }

    long mismatchCount() {
        return mismatchCount;
    }

    VerificationReport report(long rows, long chunks, boolean complete) {
        return new VerificationReport(rows, chunks, mismatchCount, mismatches, undecidedCount, undecided, complete);
    }

    private static <T> void addUpTo(int most, List<T> list, List<T> more) {
        list.addAll(more.subList(0, Math.min(more.size(), most - list.size())));
    }
}
