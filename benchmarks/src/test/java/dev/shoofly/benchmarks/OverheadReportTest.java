package dev.shoofly.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class OverheadReportTest {
    @Test
    void judgesByTheMedianAndSaysPercentOfEach() {
        Comparison tail = Comparison.of("write response, p99", "ms", 12, 3);
        Comparison median = Comparison.of("write response, p50", "ms", 1.1, 1);
        Comparison longest = Comparison.of("write response, max", "ms", 90, 9);
        Report load = new Report(
                "load",
                "mysql",
                "the same load",
                tail,
                List.of(tail, median, longest),
                Map.of("writeP50OverheadPercent", 10.0, "failedOperations", 0L),
                Map.of("rows", 5));

        Report overhead = OverheadReport.of(load);

        assertThat(overhead.headline()).isEqualTo(median);
        assertThat(overhead.comparisons()).containsExactly(median, tail);
        assertThat(overhead.details())
                .containsEntry("overheadPercent", Map.of("write response, p50", 10.0, "write response, p99", 300.0))
                .containsEntry("failedOperations", 0L)
                .doesNotContainKey("writeP50OverheadPercent");
        assertThat(overhead.json()).contains("\"benchmark\":\"overhead\"");
    }
}
