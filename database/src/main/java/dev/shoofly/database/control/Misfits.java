package dev.shoofly.database.control;

import dev.shoofly.model.RowKey;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The rows of a migration that the old table does not take now, at a glance.
 *
 * @param columns rows per column or constraint, most first
 * @param keys the first of them, at most {@link #NAMED}
 */
public record Misfits(long rows, Map<String, Long> columns, List<RowKey> keys) {
    static final int NAMED = 5;
    public static final Misfits NONE = new Misfits(0, Map.of(), List.of());

    public Misfits {
        keys = List.copyOf(keys);
    }

    public boolean isEmpty() {
        return rows == 0;
    }

    /** For people, as a sentence without its stop. */
    public String words() {
        String counts = columns.entrySet().stream()
                .map(each -> each.getKey() + ": " + each.getValue())
                .collect(Collectors.joining(", "));
        String named = keys.stream().map(RowKey::toString).collect(Collectors.joining(", "));
        return rows + (rows == 1 ? " row of the new table does" : " rows of the new table do")
                + " not fit the old one (" + counts + "; key " + named + (rows > keys.size() ? " …" : "") + ")";
    }

    /** What an operator can do, as sentences. */
    public static String advice() {
        return "Change those rows so that they fit, or delete them: each is taken over by itself then, and a rollback is"
                + " possible again once none is left. shoofly.misfits lists them. Or 'complete' keeps the new table";
    }
}
