package dev.shoofly.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.shoofly.cli.VerifyView.ComparisonView;
import dev.shoofly.cli.screen.ProgressText;
import dev.shoofly.coordinator.check.Gate;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What {@code verify} prints for people. */
final class VerifyText {
    private static final int SHOWN_ROWS = 20;
    private static final String INDENT = "    ";

    private final List<String> lines = new ArrayList<>();

    private VerifyText() {}

    static String of(VerifyView view) {
        VerifyText text = new VerifyText();
        text.lines.add("migration " + view.id() + " of " + view.table() + ", " + view.state() + ", compared with "
                + view.shadow());
        ComparisonView comparison = view.comparison();
        if (comparison == null) {
            text.lines.add("nothing was compared: the shadow is not filled yet");
        } else {
            text.comparison(comparison);
        }
        text.lines.add("gates of the " + swap(view));
        view.gates().forEach(text::gate);
        view.notes().forEach(note -> text.lines.add("note: " + note));
        text.lines.add(
                view.ready()
                        ? "READY for the " + swap(view)
                        : "NOT READY for the " + swap(view) + ": "
                                + String.join(
                                        ", ",
                                        view.gates().stream()
                                                .filter(gate -> !gate.open())
                                                .map(Gate::name)
                                                .toList()));
        return String.join(System.lineSeparator(), text.lines);
    }

    private static String swap(VerifyView view) {
        return view.swap().equals("cutover") ? "cut-over" : "rollback";
    }

    private void comparison(ComparisonView found) {
        lines.add(String.format(
                Locale.ROOT,
                "%s rows compared in %.1f s (%s rows/s), %s%s",
                ProgressText.count(found.rowsCompared()),
                found.seconds(),
                ProgressText.count(found.rowsPerSecond()),
                found.mismatches() == 0 ? "no mismatch" : ProgressText.count(found.mismatches()) + " mismatches",
                found.complete() ? "" : "; ended early because of their number"));
        said(found.equalAfterMarker(), "were under way, and equal as soon as a marker had passed");
        said(found.undecided(), "differ at every look, and changes of them may be on their way");
        said(
                found.unsettled(),
                "differ; whether changes of them are on their way could not be asked: "
                        + String.join(
                                ", ",
                                found.unsettledKeys()
                                        .subList(
                                                0,
                                                Math.min(
                                                        SHOWN_ROWS,
                                                        found.unsettledKeys().size()))));
        said(found.repaired(), "differed, were written anew, and are equal now");
        said(found.absentKeys().size(), "keys are on neither side: " + String.join(", ", found.absentKeys()));
        found.rows().stream().limit(SHOWN_ROWS).forEach(this::row);
        if (found.rows().size() > SHOWN_ROWS) {
            lines.add(INDENT + "… and " + (found.rows().size() - SHOWN_ROWS) + " more: see --json");
        }
    }

    private void said(long number, String what) {
        if (number > 0) {
            lines.add("  " + ProgressText.count(number) + " " + what);
        }
    }

    private void row(JsonNode row) {
        List<String> key = new ArrayList<>();
        row.path("key")
                .forEach(column -> key.add(column.path("column").asText() + " = "
                        + column.path("value").asText()));
        List<String> columns = new ArrayList<>();
        row.path("columns").forEach(column -> columns.add(column.asText()));
        lines.add("  " + String.join(", ", key) + ": " + row.path("kind").asText()
                + (columns.isEmpty() ? "" : " in " + String.join(", ", columns)) + " ("
                + row.path("classification").asText() + ", repair "
                + row.path("repair").asText() + ")");
        lines.add(INDENT + row.path("reproduce").path("source").asText());
        lines.add(INDENT + row.path("reproduce").path("shadow").asText());
    }

    private void gate(Gate gate) {
        lines.add(String.format(Locale.ROOT, "  %-13s %-4s %s", gate.name(), gate.open() ? "ok" : "NOT", gate.words()));
    }
}
