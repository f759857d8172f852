package dev.shoofly.verifier;

import dev.shoofly.database.Comparer;
import dev.shoofly.database.Comparer.RowDifference;
import dev.shoofly.database.connection.Retry;
import dev.shoofly.database.throttle.Throttle;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides whether rows that were seen to differ really do, while the application writes on.
 *
 * <p>One round: (a) take the end offsets of the changes topic; (b) commit marker M1 and wait until all partitions have
 * applied what stands before it; (c) compare the suspects in one read view V; (d) commit marker M2 and read the topic from
 * (a) up to M2, collecting the tokens of the dirty keys between M1 and M2; (e) a suspect that differs in V and whose token
 * was not collected is a mismatch for certain. One whose token was collected is looked at again in the next round.
 *
 * <p>Proof that (e) never reports a row that is only on its way. Let k differ in V with no record of an equal key between M1
 * and M2 in its partition. Every change of k that V can see was in the log before V, and M2 came after V; so its record
 * stands before M2, and, as none stands between, before M1. Records before M1 were applied before (c), in order, by
 * reconciles that read the source after {@code awaitVisible}: the last of them saw what V sees of k. No reconcile of k came
 * after it, for that would need a later record before V. And the conflict routine of another partition deletes k's shadow
 * row only when the source shows it a change of k whose reconcile has not written yet; that change too is before M1. So
 * the pipeline has done with k all that it ever will, and k differs.
 *
 * <p>An event that is delivered before its transaction is visible cannot fool this: before M1, the applier waits for its
 * visibility before it passes M1; between the markers, it is collected whether visible or not; after M2, V does not
 * see its transaction.
 *
 * <p>Proof that nothing is missed: a row that differs for good differs in every V; it is left out only while its token
 * keeps being collected, and then it is reported as undecided, never as equal.
 *
 * <p>Tokens and not key texts, because the event may spell a key otherwise than the row that is read ('a' and 'A' under a
 * collation that ignores case): equal keys have one token. That unequal keys may share one costs another round at worst.
 * Records of a sweep or a repair are collected like any other.
 */
final class SuspectCheck {
    private static final Logger LOG = LoggerFactory.getLogger(SuspectCheck.class);
    private static final int FEWEST_ATTEMPTS = 3;
    private static final int FIRST_PAUSE_MILLIS = 10;
    private static final int LONGEST_PAUSE_MILLIS = 500;
    private final VerificationSettings settings;
    private final Comparer comparer;
    private final MarkerFence fence;
    private final ChangeWindow changes;
    private final Throttle throttle;
    private final Retry retry;

    SuspectCheck(VerificationSettings settings, Surroundings surroundings, Retry retry) {
        this.settings = settings;
        this.comparer = surroundings.comparer();
        this.fence = surroundings.fence();
        this.changes = surroundings.changes();
        this.throttle = surroundings.throttle();
        this.retry = retry;
    }

    /**
     * @return the suspects that certainly differ, and those that changed in every round until the time was up; the others
     *     were seen to be equal
     * @throws ShooflyException SUPERSEDED when interrupted; what the servers say
     */
    Verdict decide(List<RowKey> suspects) throws InterruptedException {
        long giveUpAt = System.nanoTime() + settings.inFlightLimit().toNanos();
        List<Mismatch> stable = new ArrayList<>();
        List<RowKey> open = suspects;
        int lag = 0;
        Evidence evidence = new Evidence(0, 0, null, "");
        int pause = FIRST_PAUSE_MILLIS;
        for (int attempt = 1; !open.isEmpty(); attempt++) {
            List<RowKey> looked = open;
            Round round = retry.call(
                    "re-checking " + looked.size() + " keys of "
                            + settings.plan().source(),
                    () -> {
                        // On every attempt: a round that a pause came into is out of time when it is over.
                        throttle.await();
                        return round(looked);
                    });
            for (RowDifference each : round.stable) {
                stable.add(new Mismatch(each, attempt, Classification.STABLE, RepairState.OFF, round.evidence));
            }
            evidence = round.evidence;
            open = round.inFlight.stream().map(RowDifference::key).toList();
            lag += attempt == 1 ? looked.size() - round.stable.size() - round.inFlight.size() : 0;
            LOG.debug(
                    "re-check {} of {} suspects of {}: {} differ, {} in flight",
                    attempt,
                    looked.size(),
                    settings.plan().source(),
                    round.stable.size(),
                    open.size());
            if (attempt >= FEWEST_ATTEMPTS && System.nanoTime() - giveUpAt > 0) {
                int attempts = attempt;
                return new Verdict(
                        stable,
                        round.inFlight.stream()
                                .map(each -> new Mismatch(
                                        each, attempts, Classification.IN_FLIGHT, RepairState.OFF, round.evidence))
                                .toList(),
                        lag,
                        evidence);
            }
            if (!open.isEmpty()) {
                // Jitter: a key that is written at a steady beat must not be met at the same point of it every time.
                Thread.sleep(pause / 2 + ThreadLocalRandom.current().nextInt(pause));
                pause = Math.min(pause * 2, LONGEST_PAUSE_MILLIS);
            }
        }
        return new Verdict(stable, List.of(), lag, evidence);
    }

    /**
     * One round. Those that changed between the markers are undecided then: their keys stand in the topic behind the first
     * marker, or equal ones do.
     */
    Verdict look(List<RowKey> suspects) {
        Round round = retry.call(
                "re-checking " + suspects.size() + " keys of " + settings.plan().source(), () -> {
                    throttle.await();
                    return round(suspects);
                });
        return new Verdict(
                round.stable.stream()
                        .map(each -> new Mismatch(each, 1, Classification.STABLE, RepairState.OFF, round.evidence))
                        .toList(),
                round.inFlight.stream()
                        .map(each -> new Mismatch(each, 1, Classification.IN_FLIGHT, RepairState.OFF, round.evidence))
                        .toList(),
                suspects.size() - round.stable.size() - round.inFlight.size(),
                round.evidence);
    }

    private Round round(List<RowKey> suspects) {
        Map<Integer, Long> from = changes.endOffsets();
        try {
            return round(suspects, from);
        } finally {
            changes.release(from);
        }
    }

    private Round round(List<RowKey> suspects, Map<Integer, Long> from) {
        long first = fence.pass(settings.markerTimeout());
        List<RowDifference> differing = comparer.differences(suspects, values());
        if (differing.isEmpty()) {
            return new Round(List.of(), List.of(), new Evidence(first, first, null, ""));
        }
        long second = fence.insert();
        String position = comparer.logPosition();
        ChangeWindow.Changes window = changes.changesBetween(from, first, second, settings.markerTimeout());
        Set<String> changed = window.tokens();
        List<RowDifference> stable = new ArrayList<>();
        List<RowDifference> inFlight = new ArrayList<>();
        for (RowDifference each : differing) {
            if (changed.contains(settings.plan().key().token(each.key()))) {
                inFlight.add(each);
            } else {
                stable.add(each);
            }
        }
        return new Round(stable, inFlight, new Evidence(first, second, instant(window.secondCommitted()), position));
    }

    private Comparer.Values values() {
        return switch (settings.choices().payload()) {
            case REDACTED -> Comparer.Values.LEFT_OUT;
            case FULL -> Comparer.Values.READ;
        };
    }

    private static @Nullable Instant instant(long micros) {
        return micros == 0 ? null : Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
    }

    private record Round(List<RowDifference> stable, List<RowDifference> inFlight, Evidence evidence) {}

    /**
     * What came of it.
     *
     * @param lag suspects that were equal at the first look behind a marker
     * @param evidence of the last look
     */
    record Verdict(List<Mismatch> stable, List<Mismatch> undecided, int lag, Evidence evidence) {}
}
