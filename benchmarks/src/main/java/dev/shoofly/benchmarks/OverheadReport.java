package dev.shoofly.benchmarks;

import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a run of {@code load} says of the overhead: the medians first, and by how many percent each figure is above its limit. */
final class OverheadReport {
    private static final String HEADLINE = "write response, p50";

    private OverheadReport() {}

    static Report of(Report load) {
        List<Comparison> comparisons = load.comparisons().stream()
                .filter(each -> !each.name().endsWith("max"))
                .sorted(Comparator.comparing(each -> !each.name().endsWith("p50")))
                .toList();
        Map<String, Double> percent = new LinkedHashMap<>();
        comparisons.forEach(each -> percent.put(each.name(), percent(each)));
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("overheadPercent", percent);
        details.putAll(load.details());
        // Said above, of all of them.
        details.remove("writeP50OverheadPercent");
        return new Report(
                "overhead",
                load.database(),
                load.limitIs(),
                comparisons.stream()
                        .filter(each -> each.name().equals(HEADLINE))
                        .findFirst()
                        .orElseThrow(),
                comparisons,
                details,
                load.conditions());
    }

    private static double percent(Comparison each) {
        return Math.round(1_000 * (each.ratio() - 1)) / 10.0;
    }
}
