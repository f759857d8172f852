package dev.shoofly.coordinator.check;

import dev.shoofly.coordinator.check.TrafficReport.Counts;
import dev.shoofly.coordinator.check.TrafficReport.Plans;
import dev.shoofly.coordinator.check.TrafficReport.Times;
import dev.shoofly.coordinator.check.TrafficReport.Verdict;
import dev.shoofly.database.replay.Answer;
import dev.shoofly.database.replay.Comparison;
import dev.shoofly.database.replay.Judgement;
import dev.shoofly.database.replay.Read;
import dev.shoofly.database.replay.ReadReplay;
import dev.shoofly.database.replay.Table;
import dev.shoofly.verifier.experiment.Latencies;
import java.time.Duration;
import java.util.Optional;

/** One statement and what its runs have shown so far. One thread. */
final class ReplayedStatement {
    private final int number;
    private final String text;
    private final Judgement judgement;
    private final Latencies source = new Latencies();
    private final Latencies shadow = new Latencies();
    private Plans plans = new Plans("", "");
    private String detail = "";
    private long runs;
    private long same;
    private long differs;
    private long inFlight;
    private long unsettled;
    private long notComparable;
    private long failed;

    ReplayedStatement(int number, String text, Judgement judgement) {
        this.number = number;
        this.text = text;
        this.judgement = judgement;
    }

    Optional<Read> read() {
        return judgement instanceof Judgement.Replayable replayable ? Optional.of(replayable.read()) : Optional.empty();
    }

    /** One run of both sides. The first is not counted: it pays for what neither the server nor the driver has met yet. */
    Comparison run(ReadReplay replay, Read read) {
        if (runs == 0) {
            plans = new Plans(replay.plan(read, Table.SOURCE), replay.plan(read, Table.SHADOW));
            ReadReplay.Pair unused = replay.run(read, Table.SHADOW);
        }
        ReadReplay.Pair pair = replay.run(read, runs % 2 == 0 ? Table.SOURCE : Table.SHADOW);
        runs++;
        if (pair.source() instanceof Answer.Rows && pair.shadow() instanceof Answer.Rows) {
            source.add(Duration.ofNanos(pair.source().nanos()));
            shadow.add(Duration.ofNanos(pair.shadow().nanos()));
        }
        return pair.comparison();
    }

    void count(Comparison seen) {
        switch (seen.result()) {
            case SAME -> same++;
            case DIFFERS -> differs++;
            case NOT_COMPARABLE -> notComparable++;
            case FAILED_ON_SHADOW -> failed++;
        }
        tell(seen.words());
    }

    void count(ReadSettlement.Verdict settled) {
        switch (settled.kind()) {
            case CERTAIN -> count(settled.comparison());
            case IN_FLIGHT -> inFlight++;
            case UNSETTLED -> {
                unsettled++;
                if (differs + failed == 0) {
                    tell(settled.comparison().words());
                }
            }
        }
    }

    private void tell(String words) {
        detail = words.isEmpty() ? detail : words;
    }

    void addTo(Latencies allOfSource, Latencies allOfShadow) {
        allOfSource.addAll(source);
        allOfShadow.addAll(shadow);
    }

    TrafficReport.Statement report() {
        return new TrafficReport.Statement(
                number,
                judgement.digest(),
                text,
                verdict(),
                new Counts(runs, same, differs, inFlight, unsettled, notComparable, failed),
                times(source, shadow),
                plans,
                why());
    }

    private Verdict verdict() {
        if (judgement instanceof Judgement.Refused) {
            return Verdict.REFUSED;
        }
        if (judgement instanceof Judgement.Elsewhere) {
            return Verdict.ELSEWHERE;
        }
        if (differs > 0) {
            return Verdict.DIFFERS;
        }
        if (failed > 0) {
            return Verdict.FAILED_ON_SHADOW;
        }
        if (judgement instanceof Judgement.NotComparable || notComparable > 0) {
            return Verdict.NOT_COMPARABLE;
        }
        if (unsettled > 0 || inFlight > 0) {
            return Verdict.IN_FLIGHT;
        }
        return runs == 0 ? Verdict.NOT_RUN : Verdict.SAME;
    }

    private String why() {
        if (judgement instanceof Judgement.Refused refused) {
            return refused.why();
        }
        return judgement instanceof Judgement.NotComparable not ? not.why() : detail;
    }

    static Times times(Latencies source, Latencies shadow) {
        return new Times(source.quantile(0.5), source.quantile(0.99), shadow.quantile(0.5), shadow.quantile(0.99));
    }
}
