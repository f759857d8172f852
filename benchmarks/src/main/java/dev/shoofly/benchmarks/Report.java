package dev.shoofly.benchmarks;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What a benchmark found. The components' names are those of the JSON object, whose {@code figure}, {@code limit}, {@code
 * unit} and {@code ratio} are those of the headline.
 *
 * @param limitIs what the limit is, in words
 * @param headline the comparison that the targets speak of
 * @param details further comparisons and single figures
 */
record Report(
        String benchmark,
        String database,
        String limitIs,
        Comparison headline,
        List<Comparison> comparisons,
        Map<String, Object> details,
        Map<String, Object> conditions) {

    /** One object on one line. */
    String json() {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("benchmark", benchmark);
        object.put("database", database);
        object.put("name", headline.name());
        object.put("unit", headline.unit());
        object.put("figure", headline.figure());
        object.put("limit", headline.limit());
        object.put("ratio", headline.ratio());
        object.put("limitIs", limitIs);
        object.put("comparisons", comparisons);
        object.put("details", details);
        object.put("conditions", conditions);
        try {
            return JsonMapper.builder().build().writeValueAsString(object);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("cannot write the report as JSON", e);
        }
    }

    void print(PrintStream out) {
        out.printf("%s on %s; limit: %s%n", benchmark, database, limitIs);
        out.printf("%-44s %12s %12s %8s  %s%n", "", "figure", "limit", "ratio", "unit");
        for (Comparison each : comparisons) {
            out.printf(
                    Locale.ROOT,
                    "%-44s %12s %12s %8.2f  %s%s%n",
                    each.name(),
                    number(each.figure()),
                    number(each.limit()),
                    each.ratio(),
                    each.unit(),
                    each.equals(headline) ? "  <- headline" : "");
        }
        details.forEach((name, value) -> printDetail(out, "", name, value));
        out.println("conditions: " + conditions);
    }

    /** One line for what has no parts or only plain ones; otherwise a line for each part. */
    private static void printDetail(PrintStream out, String indent, String name, Object value) {
        if (value instanceof Map<?, ?> map && map.values().stream().anyMatch(Map.class::isInstance)) {
            out.println(indent + name);
            map.forEach((part, its) -> printDetail(out, indent + "  ", String.valueOf(part), its));
        } else if (value instanceof List<?> list && list.size() > 1) {
            out.println(indent + name);
            list.forEach(part -> out.println(indent + "  " + part));
        } else {
            out.printf("%-44s %s%n", indent + name, value);
        }
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, Math.abs(value) >= 1_000 ? "%,.0f" : "%.2f", value);
    }
}
