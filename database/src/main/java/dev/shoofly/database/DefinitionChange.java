package dev.shoofly.database;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Words what differs between two descriptions of a table, of which each line stands for itself. */
public final class DefinitionChange {
    private static final int MOST_LINES = 5;

    private DefinitionChange() {}

    /** @return empty when they are the same */
    public static Optional<String> between(String before, String after) {
        if (before.equals(after)) {
            return Optional.empty();
        }
        List<String> gone = lines(before);
        List<String> come = lines(after);
        lines(after).forEach(gone::remove);
        lines(before).forEach(come::remove);
        List<String> words = new ArrayList<>();
        add(words, "new: ", come);
        add(words, "gone: ", gone);
        return Optional.of(words.isEmpty() ? "its parts are in another order" : String.join("; ", words));
    }

    private static List<String> lines(String text) {
        return new ArrayList<>(
                text.lines().map(line -> line.strip().replaceFirst(",$", "")).toList());
    }

    private static void add(List<String> words, String what, List<String> lines) {
        if (!lines.isEmpty()) {
            words.add(what
                    + String.join(", ", lines.subList(0, Math.min(MOST_LINES, lines.size())))
                    + (lines.size() > MOST_LINES ? ", …" : ""));
        }
    }
}
