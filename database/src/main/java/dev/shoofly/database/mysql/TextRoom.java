package dev.shoofly.database.mysql;

import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Whether a column of texts or labels takes each that another can hold, unchanged. Only what is certain is said. Pure. */
final class TextRoom {
    /** Each has every character of those before it, and the server converts them there and back without a loss. */
    private static final List<String> WIDENING = List.of("ascii", "latin1", "utf8mb3", "utf8mb4");

    private static final int MOST_BYTES_OF_LATIN1_IN_UTF8 = 3;

    private TextRoom() {}

    /** Whatever the collations: see the unique keys for those. */
    static boolean takesAll(MySqlColumn from, MySqlColumn to) {
        if (!from.dataType().equals(to.dataType()) || !hasCharacters(from.charset(), to.charset())) {
            return false;
        }
        if (from.hasLabels()) {
            List<String> labels = EnumLabels.of(to.columnType());
            return labels.containsAll(EnumLabels.of(from.columnType())) && areUnmistakable(labels);
        }
        boolean countsCharacters =
                from.dataType().equals("char") || from.dataType().equals("varchar");
        return from.isText() && to.length() >= (countsCharacters ? 1 : growth(from, to)) * from.length();
    }

    /** The server finds a label by a collation, and a lenient session may have declared two that are equal under it. */
    private static boolean areUnmistakable(List<String> labels) {
        return labels.stream().allMatch(label -> label.matches("[\\x20-\\x7e]+"))
                && labels.stream()
                                .map(label -> label.toLowerCase(Locale.ROOT))
                                .distinct()
                                .count()
                        == labels.size();
    }

    private static boolean hasCharacters(@Nullable String from, @Nullable String to) {
        return Objects.equals(from, to) || rank(from) >= 0 && rank(from) <= rank(to);
    }

    private static int rank(@Nullable String charset) {
        // Servers before 8.0.30 call it by its old name.
        return WIDENING.indexOf("utf8".equals(charset) ? "utf8mb3" : charset);
    }

    /** A TEXT is limited in bytes. */
    private static int growth(MySqlColumn from, MySqlColumn to) {
        boolean latin = "latin1".equals(from.charset()) && !"latin1".equals(to.charset());
        return latin ? MOST_BYTES_OF_LATIN1_IN_UTF8 : 1;
    }
}
