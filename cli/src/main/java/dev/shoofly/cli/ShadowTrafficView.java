package dev.shoofly.cli;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.shoofly.coordinator.check.TrafficReport;
import dev.shoofly.coordinator.check.TrafficReport.Counts;
import dev.shoofly.coordinator.check.TrafficReport.Statement;
import dev.shoofly.coordinator.check.TrafficReport.Times;
import dev.shoofly.coordinator.check.TrafficReport.Verdict;
import dev.shoofly.model.MigrationState;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What {@code shadow-traffic --json} prints. Component names are the interface: add, never rename.
 *
 * @param consistencyPercent of the runs that were compared; null: none was
 * @param withoutValues statements that the server keeps without their values
 * @param skipped statements that do not read the table
 */
@JsonInclude(JsonInclude.Include.ALWAYS)
record ShadowTrafficView(
        String id,
        String table,
        String shadow,
        MigrationState state,
        double seconds,
        @Nullable Double consistencyPercent,
        TimesView times,
        int plansChanged,
        long refused,
        long skipped,
        int withoutValues,
        List<StatementView> statements,
        List<String> notes) {
    private static final double MICROS = 1_000.0;

    /** Milliseconds, to the microsecond; null: not known. */
    record TimesView(
            @Nullable Double sourceP50Millis,
            @Nullable Double sourceP99Millis,
            @Nullable Double shadowP50Millis,
            @Nullable Double shadowP99Millis,
            @Nullable Double deltaP50Millis,
            @Nullable Double deltaP99Millis) {
        static TimesView of(Times times) {
            return new TimesView(
                    millis(times.sourceP50()),
                    millis(times.sourceP99()),
                    millis(times.shadowP50()),
                    millis(times.shadowP99()),
                    millis(times.deltaP50()),
                    millis(times.deltaP99()));
        }
    }

    /**
     * One statement.
     *
     * @param statement with its values; null unless they were asked for
     */
    record StatementView(
            int number,
            String digest,
            @Nullable String statement,
            Verdict verdict,
            Counts counts,
            TimesView times,
            boolean planChanged,
            String sourcePlan,
            String shadowPlan,
            String detail) {}

    static ShadowTrafficView of(TrafficReport report, boolean showStatements) {
        return new ShadowTrafficView(
                report.id(),
                report.source(),
                report.shadow(),
                report.state(),
                report.seconds(),
                report.consistencyPercent().orElse(null),
                TimesView.of(report.times()),
                report.changedPlans().size(),
                report.count(Verdict.REFUSED),
                report.count(Verdict.ELSEWHERE),
                report.withoutValues(),
                report.statements().stream()
                        .map(each -> statement(each, showStatements))
                        .toList(),
                report.notes());
    }

    private static StatementView statement(Statement each, boolean showStatements) {
        return new StatementView(
                each.number(),
                each.digest(),
                showStatements ? each.text() : null,
                each.verdict(),
                each.counts(),
                TimesView.of(each.times()),
                each.plans().changed(),
                each.plans().source(),
                each.plans().shadow(),
                each.detail());
    }

    private static @Nullable Double millis(Optional<Duration> time) {
        return time.map(duration -> Math.round(duration.toNanos() / MICROS) / MICROS)
                .orElse(null);
    }
}
