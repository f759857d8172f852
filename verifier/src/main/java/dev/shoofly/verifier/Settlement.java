package dev.shoofly.verifier;

import dev.shoofly.database.Comparer.Kind;
import dev.shoofly.database.connection.Retry;
import dev.shoofly.model.ColumnMapping;
import dev.shoofly.model.MigrationMetrics.Counter;
import dev.shoofly.model.RepairMode;
import dev.shoofly.model.RowKey;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Settles rows that were seen to differ: decides about each, has those that certainly differ written anew if the operator
 * wants it, and tells everybody who listens. One thread.
 *
 * <p>A repair is nothing but the row's key in the changes topic: the applier asks the source what the row should be, as
 * for any change, so there is still one writer per key. The key is in the topic before the next marker is written, and so
 * it has been applied when the row is looked at again.
 */
final class Settlement {
    private static final Logger LOG = LoggerFactory.getLogger(Settlement.class);
    private final VerificationSettings settings;
    private final Surroundings surroundings;
    private final SuspectCheck check;
    private final Retry retry;
    private final Findings findings = new Findings();
    private long repaired;

    /** @param repairedBefore rows that were repaired for this migration by earlier passes: they count by the limit */
    Settlement(
            VerificationSettings settings,
            Surroundings surroundings,
            SuspectCheck check,
            Retry retry,
            long repairedBefore) {
        this.settings = settings;
        this.surroundings = surroundings;
        this.check = check;
        this.retry = retry;
        this.repaired = repairedBefore;
    }

    Findings findings() {
        return findings;
    }

    /** Rows repaired for this migration so far. */
    long repaired() {
        return repaired;
    }

    /** More rows differ than may, or than may be repaired: something is wrong, not just a row. */
    boolean isHopeless() {
        return findings.limitExceeded() || findings.mismatchCount() >= settings.mostMismatches();
    }

    /**
     * For as long as it takes.
     *
     * @return keys that changed at every look until the time was up: to be looked at again
     */
    List<RowKey> settle(List<RowKey> suspects) throws InterruptedException {
        SuspectCheck.Verdict verdict = check.decide(suspects);
        verdict.undecided().forEach(this::tell);
        findings.undecided(verdict.undecided());
        return settle(verdict);
    }

    /**
     * At one look.
     *
     * @return keys that changed meanwhile
     */
    List<RowKey> settleOnce(List<RowKey> suspects) throws InterruptedException {
        return settle(check.look(suspects));
    }

    private List<RowKey> settle(SuspectCheck.Verdict verdict) throws InterruptedException {
        findings.lag(verdict.lag());
        List<RowKey> open = new ArrayList<>();
        verdict.undecided().forEach(each -> open.add(each.key()));
        if (verdict.stable().isEmpty()) {
            return open;
        }
        surroundings.metrics().count(Counter.MISMATCHES, verdict.stable().size());
        if (settings.choices().repair() == RepairMode.OFF) {
            stands(verdict.stable());
        } else if (repaired + verdict.stable().size() > settings.choices().repairLimit()) {
            findings.exceedLimit();
            stands(as(verdict.stable(), Classification.STABLE, RepairState.REFUSED));
        } else {
            open.addAll(repair(verdict.stable()));
        }
        return open;
    }

    /** Rows that were undecided and are equal now. */
    void equal(Collection<RowKey> keys) {
        for (RowKey key : findings.decided(keys)) {
            for (MismatchSink sink : surroundings.sinks()) {
                retry.call(
                        "withdrawing what was said of a row of "
                                + settings.plan().source(),
                        () -> {
                            sink.withdraw(key);
                            return true;
                        });
            }
        }
    }

    /** @return keys that changed at every look since */
    private List<RowKey> repair(List<Mismatch> stable) throws InterruptedException {
        as(stable, Classification.STABLE, RepairState.REQUESTED).forEach(this::tell);
        List<RowKey> keys = stable.stream().map(Mismatch::key).toList();
        LOG.warn(
                "{} rows of {} differ from {} although no change of them is on its way (the first: key {} {}); they are"
                        + " written anew from the source",
                keys.size(),
                settings.plan().source(),
                settings.plan().shadow(),
                keys.get(0),
                stable.get(0).kind());
        retry.call("sending the keys of rows to be repaired", () -> {
            surroundings.dirtyKeys().publish(keys);
            return true;
        });
        SuspectCheck.Verdict after = check.decide(keys);
        Set<RowKey> unequal = new HashSet<>();
        after.stable().forEach(each -> unequal.add(each.key()));
        after.undecided().forEach(each -> unequal.add(each.key()));
        Evidence equalAt = new Evidence(
                after.evidence().appliedMarker(),
                after.evidence().sourceMarker(),
                after.evidence().committedAt(),
                surroundings.comparer().logPosition());
        List<Mismatch> equal = stable.stream()
                .filter(each -> !unequal.contains(each.key()))
                .map(each -> new Mismatch(
                        each.row(), each.attempts(), Classification.REPAIRED, RepairState.CONFIRMED, equalAt))
                .toList();
        repaired += equal.size();
        surroundings.metrics().count(Counter.ROWS_REPAIRED, equal.size());
        findings.decided(equal.stream().map(Mismatch::key).toList());
        findings.repaired(equal);
        equal.forEach(this::tell);
        // Under way again, but repaired as far as anybody can tell: whoever changed it had it reconciled as well.
        findings.undecided(after.undecided());
        as(after.undecided(), Classification.IN_FLIGHT, RepairState.REQUESTED).forEach(this::tell);
        stands(after.stable().stream()
                .map(each -> new Mismatch(
                        each.row(), each.attempts(), afterRepair(each), RepairState.FAILED, each.evidence()))
                .toList());
        return after.undecided().stream().map(Mismatch::key).toList();
    }

    /**
     * The applier has just written what the rule yields, and it is not what is found. Where the rule converts or computes,
     * it does not give one value twice, or the column cannot hold it; elsewhere somebody else writes the shadow.
     */
    private Classification afterRepair(Mismatch mismatch) {
        Map<String, ColumnMapping> columns = settings.plan().projection().columns().stream()
                .collect(Collectors.toMap(ColumnMapping::shadowColumn, Function.identity()));
        boolean converted = mismatch.kind() == Kind.DIFFERS
                && mismatch.columns().stream().allMatch(name -> {
                    ColumnMapping column = columns.get(name);
                    return column != null && (column.retyped() || column.computed());
                });
        return converted ? Classification.TRANSFORM_LOSS : Classification.STABLE;
    }

    private static List<Mismatch> as(List<Mismatch> all, Classification classification, RepairState repair) {
        List<Mismatch> changed = new ArrayList<>();
        for (Mismatch each : all) {
            changed.add(new Mismatch(each.row(), each.attempts(), classification, repair, each.evidence()));
        }
        return changed;
    }

    private void stands(List<Mismatch> mismatches) {
        mismatches.forEach(this::tell);
        findings.decided(mismatches.stream().map(Mismatch::key).toList());
        findings.mismatches(mismatches);
    }

    private void tell(Mismatch mismatch) {
        for (MismatchSink sink : surroundings.sinks()) {
            retry.call("reporting a mismatch of " + settings.plan().source(), () -> {
                sink.report(mismatch);
                return true;
            });
        }
    }
}
