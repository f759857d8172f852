package dev.shoofly.coordinator.check;

import dev.shoofly.model.MigrationState;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What a replay of reads showed.
 *
 * @param withoutValues statements that the server keeps without their values, so that they could not be asked
 * @param times of all statements together
 * @param notes what is worth knowing and is no difference
 */
public record TrafficReport(
        String id,
        String source,
        String shadow,
        MigrationState state,
        double seconds,
        List<Statement> statements,
        int withoutValues,
        Times times,
        List<String> notes) {
    public TrafficReport {
        statements = List.copyOf(statements);
        notes = List.copyOf(notes);
    }

    /** Of a statement; the gravest of what its runs showed. */
    public enum Verdict {
        /** No run of it differed. */
        SAME,
        /** Answers differ, and no change of a row explains it. */
        DIFFERS,
        /** Answers differed while rows were on their way, and at no look without them. */
        IN_FLIGHT,
        /** It cannot be asked of both tables, or its answer is not determined by the rows. */
        NOT_COMPARABLE,
        /** The new table answers with an error or not in time. */
        FAILED_ON_SHADOW,
        /** It was not run, because it may do more than read. */
        REFUSED,
        /** It does not read the table. */
        ELSEWHERE,
        /** The time was up. */
        NOT_RUN
    }

    /**
     * One statement's.
     *
     * @param number its place among those given, from 1
     * @param digest it without its literals
     * @param text it with them: data of the application
     * @param detail why the verdict is not SAME; may be empty
     */
    public record Statement(
            int number,
            String digest,
            String text,
            Verdict verdict,
            Counts counts,
            Times times,
            Plans plans,
            String detail) {}

    /**
     * Of its runs.
     *
     * @param inFlight differed at first and were the same behind a marker, or without the rows on their way
     * @param unsettled differed at every look, and whether rows on their way are the reason cannot be told
     */
    public record Counts(
            long runs,
            long same,
            long differs,
            long inFlight,
            long unsettled,
            long notComparable,
            long failedOnShadow) {}

    /** Quantiles of the runs that both tables answered; empty: there are none. */
    public record Times(
            Optional<Duration> sourceP50,
            Optional<Duration> sourceP99,
            Optional<Duration> shadowP50,
            Optional<Duration> shadowP99) {

        /** How much later the new table answers; negative: sooner. */
        public Optional<Duration> deltaP50() {
            return sourceP50.flatMap(source -> shadowP50.map(shadow -> shadow.minus(source)));
        }

        /** As above. */
        public Optional<Duration> deltaP99() {
            return sourceP99.flatMap(source -> shadowP99.map(shadow -> shadow.minus(source)));
        }
    }

    /** Steps without costs; empty where they were not asked for, or the statement cannot be asked of the table. */
    public record Plans(String source, String shadow) {
        public boolean changed() {
            return !source.isEmpty() && !shadow.isEmpty() && !source.equals(shadow);
        }
    }

    /**
     * The share of the compared runs that answered the same, rows on their way left out of account. Unsettled runs count
     * neither way.
     *
     * @return from 0 to 100; empty: nothing was compared
     */
    public Optional<Double> consistencyPercent() {
        long well = statements.stream()
                .mapToLong(each -> each.counts().same() + each.counts().inFlight())
                .sum();
        long ill = statements.stream()
                .mapToLong(each -> each.counts().differs() + each.counts().failedOnShadow())
                .sum();
        return well + ill == 0 ? Optional.empty() : Optional.of(100.0 * well / (well + ill));
    }

    public long count(Verdict verdict) {
        return statements.stream().filter(each -> each.verdict() == verdict).count();
    }

    public List<Statement> changedPlans() {
        return statements.stream().filter(each -> each.plans().changed()).toList();
    }
}
