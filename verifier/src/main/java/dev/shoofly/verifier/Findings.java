package dev.shoofly.verifier;

import dev.shoofly.model.RowKey;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Adds up a report. One thread. */
final class Findings {
    private final List<Mismatch> mismatches = new ArrayList<>();
    private final Set<RowKey> undecided = new LinkedHashSet<>();
    private long mismatchCount;
    private long repairedCount;
    private long lagCount;
    private boolean limitExceeded;

    void mismatches(List<Mismatch> more) {
        mismatchCount += more.size();
        mismatches.addAll(more.subList(0, Math.min(more.size(), VerificationReport.LISTED - mismatches.size())));
    }

    void undecided(List<Mismatch> more) {
        more.forEach(each -> undecided.add(each.key()));
    }

    /** @return those of these keys that had been undecided */
    List<RowKey> decided(Collection<RowKey> keys) {
        return undecided.isEmpty()
                ? List.of()
                : keys.stream().filter(undecided::remove).toList();
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

    /** No row is known to differ. */
    boolean isSound() {
        return mismatchCount == 0 && !limitExceeded;
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
                undecided.size(),
                undecided.stream().limit(VerificationReport.LISTED).toList(),
                repairedCount,
                lagCount,
                complete && !limitExceeded);
    }
}
