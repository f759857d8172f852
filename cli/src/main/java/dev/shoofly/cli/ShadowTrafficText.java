package dev.shoofly.cli;

import dev.shoofly.cli.ShadowTrafficView.StatementView;
import dev.shoofly.cli.ShadowTrafficView.TimesView;
import dev.shoofly.cli.screen.ProgressText;
import dev.shoofly.coordinator.check.TrafficReport.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What {@code shadow-traffic} prints for people. */
final class ShadowTrafficText {
    private static final String INDENT = "     ";
    private static final int LONGEST_STATEMENT = 120;

    private final List<String> lines = new ArrayList<>();

    private ShadowTrafficText() {}

    static String of(ShadowTrafficView view) {
        ShadowTrafficText text = new ShadowTrafficText();
        text.lines.add("migration " + view.id() + " of " + view.table() + ", " + view.state() + ", compared with "
                + view.shadow());
        text.lines.add(String.format(
                Locale.ROOT,
                "%s runs of %d statements in %.1f s, %s",
                ProgressText.count(view.statements().stream()
                        .mapToLong(each -> each.counts().runs())
                        .sum()),
                view.statements().size(),
                view.seconds(),
                view.consistencyPercent() == null
                        ? "nothing could be compared"
                        : String.format(Locale.ROOT, "%.2f %% consistent", view.consistencyPercent())));
        text.times("  ", view.times());
        view.statements().stream()
                .filter(each -> each.verdict() != Verdict.ELSEWHERE)
                .forEach(text::statement);
        text.said(view.skipped(), "statements do not read the table");
        text.said(view.withoutValues(), "statements are kept by the server without their values; give them in a file");
        text.said(view.plansChanged(), "statements are carried out in another way on the new table");
        view.notes().forEach(note -> text.lines.add("note: " + note));
        return String.join(System.lineSeparator(), text.lines);
    }

    private void times(String indent, TimesView times) {
        if (times.sourceP50Millis() != null) {
            lines.add(indent + "p50 " + millis(times.sourceP50Millis()) + " → " + millis(times.shadowP50Millis())
                    + " ms ("
                    + signed(times.deltaP50Millis()) + "), p99 " + millis(times.sourceP99Millis()) + " → "
                    + millis(times.shadowP99Millis()) + " ms (" + signed(times.deltaP99Millis()) + ")");
        }
    }

    private void statement(StatementView each) {
        String shown = each.statement() == null ? each.digest() : each.statement();
        String line = shown.replaceAll("\\s+", " ");
        lines.add(String.format(
                Locale.ROOT,
                "%4d %-16s %s",
                each.number(),
                each.verdict(),
                line.length() > LONGEST_STATEMENT ? line.substring(0, LONGEST_STATEMENT) + " …" : line));
        if (each.counts().runs() > 0) {
            lines.add(INDENT + counts(each));
        }
        if (!each.detail().isEmpty()) {
            lines.add(INDENT + each.detail());
        }
        times(INDENT, each.times());
        if (each.planChanged()) {
            lines.add(INDENT + "plan of the original:  " + each.sourcePlan());
            lines.add(INDENT + "plan of the new table: " + each.shadowPlan());
        }
    }

    private static String counts(StatementView each) {
        List<String> parts = new ArrayList<>();
        parts.add(each.counts().runs() + " runs");
        part(parts, each.counts().differs(), "differ");
        part(parts, each.counts().inFlight(), "differed while rows were on their way");
        part(parts, each.counts().unsettled(), "differed at every look");
        part(parts, each.counts().notComparable(), "not comparable");
        part(parts, each.counts().failedOnShadow(), "failed on the new table");
        return String.join(", ", parts);
    }

    private static void part(List<String> parts, long number, String what) {
        if (number > 0) {
            parts.add(number + " " + what);
        }
    }

    private void said(long number, String what) {
        if (number > 0) {
            lines.add("  " + ProgressText.count(number) + " " + what);
        }
    }

    private static String millis(@Nullable Double time) {
        return time == null ? "?" : String.format(Locale.ROOT, "%.3f", time);
    }

    private static String signed(@Nullable Double time) {
        return time == null ? "?" : String.format(Locale.ROOT, "%+.3f", time);
    }
}
