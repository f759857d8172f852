package dev.shoofly.cli;

import dev.shoofly.coordinator.Explanation;
import dev.shoofly.model.Strategy;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** An explanation for people. Pure. */
final class ExplanationText {
    private static final long MIB = 1 << 20;

    private final StringBuilder text = new StringBuilder();

    private ExplanationText() {}

    static String of(Explanation explanation) {
        ExplanationText words = new ExplanationText();
        words.write(explanation);
        return words.text.toString().stripTrailing();
    }

    /** Of a request that is carried out in parts. */
    static String of(List<Explanation> parts) {
        if (parts.size() == 1) {
            return "Not split: all of it takes the same path, or belongs together." + System.lineSeparator()
                    + System.lineSeparator() + of(parts.get(0));
        }
        ExplanationText words = new ExplanationText();
        for (Explanation part : parts) {
            words.line("Part " + (parts.indexOf(part) + 1) + " of " + parts.size() + ": "
                    + String.join("; ", part.alters()));
            words.write(part);
            words.line("");
        }
        words.line("Each part is a migration of its own. What is done stays, whatever becomes of the parts after it.");
        return words.text.toString().stripTrailing();
    }

    private void write(Explanation explanation) {
        line(explanation.table() + ": " + explanation.strategy() + ", " + meaning(explanation.strategy()));
        list("Why", explanation.reasons());
        heading("What happens");
        int number = 1;
        for (Explanation.Step step : explanation.steps()) {
            line("  " + number++ + ". " + step.what());
            step.statements().forEach(statement -> line("       " + statement));
            if (!step.lock().equals("none")) {
                line("       lock: " + step.lock() + others(step.alsoLocked())
                        + (step.held().equals("–") ? "" : ", " + step.held()));
            }
        }
        columns(explanation.columns());
        list("Carried over", explanation.carriedOver());
        heading("Size and time");
        line(String.format(
                Locale.ROOT, "  about %,d rows, %s with indexes", explanation.rows(), size(explanation.bytes())));
        Long free = explanation.diskFreeBytes();
        line("  disk needed beside it: "
                + (explanation.diskBytes() == 0
                        ? "none"
                        : size(explanation.diskBytes())
                                + (free == null ? " (how much is free is not known)" : ", free: " + size(free))));
        Explanation.Range range = explanation.expectedSeconds();
        line("  expected: "
                + (range == null
                        ? "nothing to measure it by: no row could be read or copied"
                        : range.to() <= 1 ? "a moment" : span(range) + " (" + range.measuredBy() + ")"));
        heading("Taking it back");
        line("  before the change is seen: " + explanation.rollback().before());
        line("  after it: " + explanation.rollback().after());
        list("Mind", explanation.warnings());
        list("First of all, cure", explanation.obstacles());
    }

    private static String others(List<Explanation.Lock> locks) {
        return locks.isEmpty()
                ? ""
                : locks.stream()
                        .map(lock -> lock.lock() + " on " + lock.table())
                        .collect(Collectors.joining(", ", " (and ", ")"));
    }

    private static String span(Explanation.Range range) {
        return range.from() == 0
                ? "up to " + duration(range.to())
                : duration(range.from()) + " to " + duration(range.to());
    }

    private static String meaning(Strategy strategy) {
        return switch (strategy) {
            case INSTANT -> "the server changes its catalog and touches no row";
            case ONLINE -> "the server does it by itself while the application goes on";
            case SHADOW -> "through a shadow table that is filled beside the original and swapped in";
        };
    }

    private void columns(List<Explanation.Column> columns) {
        if (columns.isEmpty()) {
            return;
        }
        heading("Columns of the new table");
        for (Explanation.Column column : columns) {
            String from = column.from();
            String origin = from == null || from.equals(column.name()) ? "" : " from " + from;
            line("  " + column.name() + origin + (column.type().isEmpty() ? "" : " " + column.type()) + ": "
                    // PostgreSQL spreads a CASE over several lines.
                    + column.how().replaceAll("\\s+", " "));
        }
    }

    private void list(String heading, List<String> lines) {
        if (!lines.isEmpty()) {
            heading(heading);
            lines.forEach(line -> line("  - " + line));
        }
    }

    private void heading(String words) {
        line("");
        line(words);
    }

    private void line(String words) {
        text.append(words).append(System.lineSeparator());
    }

    private static String size(long bytes) {
        return bytes < MIB
                ? String.format(Locale.ROOT, "%,d kB", Math.max(1, bytes / 1024))
                : String.format(Locale.ROOT, "%,d MB", bytes / MIB);
    }

    private static String duration(long seconds) {
        Duration duration = Duration.ofSeconds(seconds);
        if (duration.toHours() > 0) {
            return duration.toHours() + " h " + duration.toMinutesPart() + " min";
        }
        return duration.toMinutes() > 0 ? duration.toMinutes() + " min" : seconds + " s";
    }
}
