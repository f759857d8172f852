package dev.shoofly.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.coordinator.check.TrafficReport;
import dev.shoofly.coordinator.check.TrafficReport.Counts;
import dev.shoofly.coordinator.check.TrafficReport.Plans;
import dev.shoofly.coordinator.check.TrafficReport.Statement;
import dev.shoofly.coordinator.check.TrafficReport.Times;
import dev.shoofly.coordinator.check.TrafficReport.Verdict;
import dev.shoofly.model.MigrationState;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ShadowTrafficTextTest {
    private static final Counts NONE = new Counts(0, 0, 0, 0, 0, 0, 0);
    private static final Times UNKNOWN =
            new Times(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());
    private static final Plans NO_PLANS = new Plans("", "");

    private final TrafficReport report = new TrafficReport(
            "k3mz8q2x",
            "shop.orders",
            "shop._orders_k3mz8q2x_new",
            MigrationState.READY,
            60.04,
            List.of(
                    new Statement(
                            1,
                            "SELECT total FROM orders\n WHERE note = ?",
                            "SELECT total FROM orders\n WHERE note = 'secret'",
                            Verdict.DIFFERS,
                            new Counts(100, 90, 4, 5, 1, 0, 0),
                            times(),
                            new Plans("ref of orders by note", "ALL of orders"),
                            "values of total differ (3 rows each)"),
                    new Statement(
                            2,
                            "DELETE FROM orders",
                            "DELETE FROM orders",
                            Verdict.REFUSED,
                            NONE,
                            UNKNOWN,
                            NO_PLANS,
                            "it is no SELECT"),
                    new Statement(3, "SELECT ?", "SELECT 1", Verdict.ELSEWHERE, NONE, UNKNOWN, NO_PLANS, "")),
            7,
            times(),
            List.of());

    @Test
    void tellsWhatDiffersInWhatTimeByWhichPlan() {
        assertThat(ShadowTrafficText.of(ShadowTrafficView.of(report, false)).lines())
                .containsExactly(
                        "migration k3mz8q2x of shop.orders, READY, compared with shop._orders_k3mz8q2x_new",
                        "100 runs of 3 statements in 60.0 s, 95.96 % consistent",
                        "  p50 1.000 → 1.250 ms (+0.250), p99 9.000 → 8.000 ms (-1.000)",
                        "   1 DIFFERS          SELECT total FROM orders WHERE note = ?",
                        "     100 runs, 4 differ, 5 differed while rows were on their way, 1 differed at every look",
                        "     values of total differ (3 rows each)",
                        "     p50 1.000 → 1.250 ms (+0.250), p99 9.000 → 8.000 ms (-1.000)",
                        "     plan of the original:  ref of orders by note",
                        "     plan of the new table: ALL of orders",
                        "   2 REFUSED          DELETE FROM orders",
                        "     it is no SELECT",
                        "  1 statements do not read the table",
                        "  7 statements are kept by the server without their values; give them in a file",
                        "  1 statements are carried out in another way on the new table");
    }

    @Test
    void valuesAreShownOnlyWhenTheyAreAskedFor() {
        assertThat(MigrationView.json(ShadowTrafficView.of(report, false))).doesNotContain("secret");
        assertThat(MigrationView.json(ShadowTrafficView.of(report, true))).contains("secret");
        assertThat(ShadowTrafficText.of(ShadowTrafficView.of(report, true))).contains("secret");
    }

    private static Times times() {
        return new Times(
                Optional.of(Duration.ofMillis(1)),
                Optional.of(Duration.ofMillis(9)),
                Optional.of(Duration.ofNanos(1_250_000)),
                Optional.of(Duration.ofMillis(8)));
    }
}
