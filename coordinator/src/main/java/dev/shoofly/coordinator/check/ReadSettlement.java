package dev.shoofly.coordinator.check;

import dev.shoofly.database.replay.Comparison;
import dev.shoofly.database.replay.Comparison.Result;
import dev.shoofly.database.replay.Read;
import dev.shoofly.database.replay.ReadReplay;
import dev.shoofly.database.replay.Table;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.verifier.ChangeWindow;
import dev.shoofly.verifier.MarkerFence;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * Decides whether answers that differ really do, while the application writes on.
 *
 * <p>One look: (a) take the end offsets of the changes topic; (b) commit marker M1 and wait until all partitions have applied what
 * stands before it; (c) ask both tables in one snapshot V; (d) commit marker M2 and read from the topic, from (a) up to M2, the keys
 * W that may be on their way; (e) ask both tables once more in V, without the rows of W. If these answers differ too, it is for
 * certain.
 *
 * <p>Proof: by the proof of the verifier's {@code SuspectCheck}, the pipeline has done in V all that it ever will for a row whose
 * key is not in W. So what is left of both tables in (e) is settled, and an answer that only the rows determine tells whether it
 * is equal. Without (e) nothing could ever be certain on a table that somebody always writes.
 *
 * <p>If they are the same in (e), rows on their way are all that made the difference. One of them may be wrong for good as well; it
 * is found as soon as it is asked for while nobody writes it.
 *
 * <p>What cannot be asked without rows (the table's name stands where no subquery may) or has too many of them on their way is looked
 * at again, and is unsettled if it differs at every look.
 */
final class ReadSettlement {
    private static final int LOOKS = 5;
    private static final int PAUSE_MILLIS = 100;
    /** A condition on more would be no query that the application makes. */
    private static final int MOST_KEYS = 1_000;

    private static final Duration MARKER_TIMEOUT = Duration.ofSeconds(10);

    private final ReadReplay replay;
    private final MarkerFence fence;
    private final ChangeWindow changes;

    ReadSettlement(ReadReplay replay, MarkerFence fence, ChangeWindow changes) {
        this.replay = replay;
        this.fence = fence;
        this.changes = changes;
    }

    /** What it came to. */
    enum Kind {
        /** Settled as the comparison says. */
        CERTAIN,
        IN_FLIGHT,
        UNSETTLED
    }

    record Verdict(Kind kind, Comparison comparison) {}

    /**
     * A read that was seen to differ.
     *
     * @throws ShooflyException SUPERSEDED when interrupted; what the servers say
     */
    Verdict decide(Read read) throws InterruptedException {
        String why = "";
        for (int look = 1; look <= LOOKS; look++) {
            Map<Integer, Long> from = changes.endOffsets();
            try {
                Verdict found = look(read, from);
                if (found.kind() != Kind.UNSETTLED) {
                    return found;
                }
                why = found.comparison().words();
            } catch (ShooflyException e) {
                if (e.kind() != ErrorKind.TRANSIENT && e.kind() != ErrorKind.REFUSED) {
                    throw e;
                }
                // No marker gets through, or the topic was trimmed meanwhile.
                return unsettled(String.valueOf(e.getMessage()));
            } finally {
                changes.release(from);
            }
            TimeUnit.MILLISECONDS.sleep(
                    PAUSE_MILLIS / 2 + ThreadLocalRandom.current().nextInt(PAUSE_MILLIS));
        }
        return unsettled(why);
    }

    private Verdict look(Read read, Map<Integer, Long> from) {
        long first = fence.pass(MARKER_TIMEOUT);
        try (ReadReplay.Snapshot snapshot = replay.snapshot()) {
            Comparison seen = snapshot.run(read, Table.SOURCE, List.of()).comparison();
            if (seen.result() != Result.DIFFERS) {
                return new Verdict(seen.result() == Result.SAME ? Kind.IN_FLIGHT : Kind.CERTAIN, seen);
            }
            long second = fence.insert();
            ChangeWindow.Stretch window = changes.stretch(from, second, MOST_KEYS, MARKER_TIMEOUT);
            if (!window.complete() || window.keys().size() > MOST_KEYS) {
                return unsettled("it differs, and more rows were on their way between markers " + first + " and "
                        + second + " than can be told apart");
            }
            List<RowKey> onTheirWay = List.copyOf(window.keys());
            if (onTheirWay.isEmpty()) {
                return new Verdict(Kind.CERTAIN, seen);
            }
            Comparison rest = snapshot.run(read, Table.SOURCE, onTheirWay).comparison();
            return switch (rest.result()) {
                case DIFFERS -> new Verdict(Kind.CERTAIN, seen);
                case SAME -> new Verdict(Kind.IN_FLIGHT, seen);
                case NOT_COMPARABLE, FAILED_ON_SHADOW ->
                    unsettled("it differs at every look, and cannot be asked without the rows on their way: "
                            + rest.words());
            };
        }
    }

    private static Verdict unsettled(String why) {
        return new Verdict(Kind.UNSETTLED, new Comparison(Result.DIFFERS, why));
    }
}
