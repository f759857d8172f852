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
    private long repairedCount;
    private long lagCount;
    private boolean limitExceeded;

    void mismatches(List<Mismatch> more) {
        mismatchCount += more.size();
        addUpTo(VerificationReport.LISTED, mismatches, more);
    }

    void undecided(List<Mismatch> more) {
        undecidedCount += more.size();
        addUpTo(
                VerificationReport.LISTED,
                undecided,
                more.stream().map(Mismatch::key).toList());
    }

    void repaired(List<Mismatch> more) {
        repairedCount += more.size();
    }

    void lag(int rows) {
        lagCount += rows;
    }

    void exceedLimit() {
        limitExceeded = true;
    }

    boolean limitExceeded() {
        return limitExceeded;
    }

    long mismatchCount() {
        return mismatchCount;
    }

    VerificationReport report(long rows, long chunks, boolean complete) {
        return new VerificationReport(
                rows,
                chunks,
                mismatchCount,
                mismatches,
                undecidedCount,
                undecided,
                repairedCount,
                lagCount,
                complete && !limitExceeded);
    }

    private static <T> void addUpTo(int most, List<T> list, List<T> more) {
        list.addAll(more.subList(0, Math.min(more.size(), most - list.size())));
    }
}
